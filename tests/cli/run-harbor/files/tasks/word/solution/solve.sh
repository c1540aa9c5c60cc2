#!/bin/bash
cd /app
tr a-z A-Z <in/code.txt >word.txt
