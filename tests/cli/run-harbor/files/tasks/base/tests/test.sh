#!/bin/bash
if [ "$(cat /app/word.txt)" = "$(tr a-z A-Z </app/in/code.txt)" ] && [ "$(/app/tool.sh)" = tool ]; then echo 1 > /logs/verifier/reward.txt; else echo 0 > /logs/verifier/reward.txt; fi
