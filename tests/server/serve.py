#!/usr/bin/env python3
"""A model server that breaks things on order. Standard library only, loopback only.

  tests/server/serve.py [--port N]        prints "port N" and serves until it is killed

It speaks chat completions, completions and messages (also streamed). The name of the model says how
it behaves, several words joined by "+":

  ok             answers at once                         wait:MS       … after MS milliseconds
  fail:STATUS:N  the first N times a question comes, HTTP STATUS (429 with Retry-After: 0)
  always:STATUS  HTTP STATUS each time                   quota         429 insufficient_quota
  reset:N        the first time, the connection is reset after N bytes of the answer
  cut:N          the same, but closed in order           stall:N       the first time, stops after N bytes
  drip:MS        a byte each MS milliseconds             half          the first time, a half SSE event
  badjson  dupkeys  html  empty  huge                    the first time, such a body
  redirect       301 to /elsewhere                       gzip          says Content-Encoding: gzip
  echo           repeats the Authorization it was sent in the answer
  nousage  badusage  othermodel  nofinish  object  noid  badargs   answers that are a bit off
  large:N        N bytes in a call's arguments, or in the text where there are no tools
  deep           10,000 nested lists in the arguments    context       400 context_length_exceeded
  play:N         plays soc: reads the alerts N times (1), then reports (else: reports at once)
  long:N         writes N bytes of text beside its call, so that the talk grows; cite:TEXT: TEXT
                 ("_" is a space) beside its second call
  vary           each answer is another, whatever is asked: which rows it looks at, or the number in its text
  text           answers with text, never a call        say:TEXT      answers TEXT ("_" is a space)
  lab            in the lab of tools: looks things up, one time in three with a comma too many, and mends
                 it when it is told; through the server's interface always well
  wild           in the lab of tools: of four numbers it writes no call for the second, a number in place of a
                 text for the third, and refunds before it looks up for the fourth, unless the request holds it
                 to something: tool_choice, the tools' strict, or a schema of calls in response_format,
                 json_schema, structured_outputs or guided_json, all of which it honours
  deaf           with wild: honours none of them        refuse:FIELD  400 where the body has that field
  fade:N         keeps "say please" for N turns after the rules were said, then no more
  judge          as a judge: passes an answer that is the expected one; judge:refuse, judge:prose
                 and judge:first (always the first of two) are judges that are not good ones

GET /count gives {"total", "answered", "repeated", "by_model", "elsewhere", "in_flight_most"}: `repeated` counts
answers sent whole to a question that had been answered whole before.
"""
import asyncio
import hashlib
import json
import socket
import struct
import sys

seen, answered, by_model = {}, {}, {}
stats = {"total": 0, "answered": 0, "repeated": 0, "elsewhere": 0, "in_flight_most": 0}
in_flight = 0


def behaviour(name):
    words = {}
    for word in name.split("+"):
        head, _, rest = word.partition(":")
        words[head] = rest.split(":") if rest else []
    return words


def report():
    return {"name": "submit_report", "arguments": json.dumps({"summary_json": {"verdict": "no_incident", "incidents": []}})}


def judge(how, messages):
    """A verdict on the marked parts of the last message."""
    text = messages[-1]["content"]
    part = {}
    for piece in text.split("<<")[1:]:
        head, _, rest = piece.partition(">>")
        part[head.rsplit(" ", 1)[0]] = rest.strip()
    if how == ["prose"]:
        return "I think it is fine."
    if "answer A" in part:
        better = "A" if how == ["first"] else "tie" if part["answer A"] == part["answer B"] else "A" if len(part["answer A"]) > len(part["answer B"]) else "B"
        return json.dumps({"reason": "the longer one", "better": better})
    good = part.get("answer", "").lower() == part.get("expected", "").lower()
    return json.dumps({"reason": "it is the expected one" if good else "it is another", "verdict": "pass" if good else "fail"})


def lab(messages, body):
    """A call of "look" for the number in the last question."""
    asked = [m["content"] for m in messages if m["role"] == "user" and "Look up" in (m["content"] or "")]
    number = int(asked[-1].split()[2].rstrip("."))
    told = messages[-1]["role"] != "user" or "Look up" not in messages[-1]["content"]
    if body.get("tools"):
        return "", [{"name": "look", "arguments": json.dumps({"id": str(number)})}]
    comma = "," if number % 3 == 0 and not told else ""
    return '<tool_call>\n{"name": "look", "arguments": {"id": "%d"%s}}\n</tool_call>' % (number, comma), []


class Bad(Exception):
    """A request that is not as it should be: HTTP 400."""


def schema_of(body):
    """The schema of calls that the body holds the model to."""
    form = body.get("response_format")
    if form:
        inner = form.get("json_schema", {})
        if form.get("type") != "json_schema" or inner.get("strict") is not True or not inner.get("name"):
            raise Bad("response_format is no strict json_schema with a name")
        return inner["schema"]
    return body.get("json_schema") or body.get("guided_json") or (body.get("structured_outputs") or {}).get("json")


def offered(body):
    """(names, many, typed) that the fields leave: names None: any."""
    schema, tools = schema_of(body), body.get("tools") or []
    if schema:
        [(key, inner)] = schema["properties"].items()
        calls = inner["items"]["anyOf"] if key == "calls" else inner["anyOf"]
        if schema["required"] != [key] or schema["additionalProperties"] is not False:
            raise Bad("the schema leaves the answer open")
        return [c["properties"]["name"]["enum"][0] for c in calls], key == "calls", True
    strict = [t["function"].get("strict") is True for t in tools]
    return ([t["function"]["name"] for t in tools], False, True) if strict and all(strict) else (None, False, False)


def wild(words, messages, body):
    """What a model writes that has habits of its own, where nothing holds it."""
    asked = [m["content"] for m in messages if m["role"] == "user" and (m["content"] or "").startswith(("Look up", "Refund"))]
    number, name = int(asked[-1].split()[-1].rstrip(".")), "look" if asked[-1].startswith("Look") else "refund"
    names, many, typed = (None, False, False) if "deaf" in words else offered(body)
    choice = None if "deaf" in words else body.get("tool_choice")
    first = name == "look"
    if first and number % 4 == 3:
        name = "refund"
    if isinstance(choice, dict):
        name = choice["function"]["name"]
    elif names and name not in names:
        name = names[0]
    if first and number % 4 == 1 and not choice and (not names or body.get("tools")):
        return "I will see to it.", []
    call = {"name": name, "arguments": {"id": number if number % 4 == 2 and not typed else str(number)}}
    if body.get("tools"):
        return None, [{"name": name, "arguments": json.dumps(call["arguments"])}]
    if names:
        return json.dumps({"calls": [call]} if many else {"call": call}), []
    return "<tool_call>\n" + json.dumps(call) + "\n</tool_call>", []


def fade(n, messages, body):
    """Polite for n turns after "Rules:" was last said."""
    users = [m["content"] for m in messages if m["role"] == "user"]
    schema, last = schema_of(body), users[-1]
    if "Sum up" in last:
        return "A guest waits."
    if "Write the state" in last:
        return '{"guest": "waits"}' if "no JSON object" in last else "He waits."
    if "So far:" in last and (len(messages) != 2 or "waits" not in last or "Rules:" not in last):
        raise Bad("something of the old talk is still there, or something is not")
    if any("breaks these rules" in u or "Sum up" in u or "Write the state" in u for u in users[:-1]):
        raise Bad("the guard's or the summary's words were kept")
    if "breaks these rules" in last:
        return "Wait here, please."
    if schema and "list the ids" in last:
        return json.dumps({"rules": [schema["properties"]["rules"]["items"]["enum"][0]]})
    if schema:
        if list(schema["properties"])[-1] != "answer" or schema["required"] != list(schema["properties"]):
            raise Bad("the verdict is not last")
        return json.dumps({key: "Wait here, please." if key == "answer" else True for key in schema["properties"]})
    since = next((k for k, text in enumerate(reversed(users)) if "Rules:" in text), len(users) - 1)
    if "list the ids" in users[-1]:
        return "polite"
    return "Wait here, please." if since < n or "keep to those rules" in users[-1] else "Wait here."


def choose(words, body):
    """(text, calls) of the answer."""
    messages = body.get("messages", [])
    if "vary" in words and not body.get("tools"):
        return f"answer {stats['total'] % 7}", []
    if "say" in words:
        return ":".join(words["say"]).replace("_", " "), []
    if "lab" in words:
        return lab(messages, body)
    if "wild" in words:
        return wild(words, messages, body)
    if "fade" in words:
        return fade(int(words["fade"][0]), messages, body), []
    if "judge" in words:
        return judge(words["judge"], messages), []
    if "large" in words:
        text = "x" * int(words["large"][0])
        return (None, [{"name": "query_logs", "arguments": json.dumps({"sql": text})}]) if body.get("tools") else (text, [])
    if "text" in words or not body.get("tools"):
        last = messages[-1]["content"] if messages else body.get("prompt", "")
        if isinstance(last, list):
            last = last[-1].get("text", "")
        return "echo: " + str(last)[:200], []
    played = sum(m.get("role") == "tool" or (m.get("role") == "user" and isinstance(m.get("content"), list) and
                 any(c.get("type") == "tool_result" for c in m["content"])) for m in messages)
    if "play" in words and played < int((words["play"] or ["1"])[0]):
        return None, [{"name": "query_logs", "arguments": json.dumps({"sql": f"SELECT * FROM alerts LIMIT {1 + stats['total'] % 9 if 'vary' in words else 3}"})}]
    call = report()
    if "badargs" in words:
        call["arguments"] = '{"summary_json": {"verdict": '
    if "deep" in words:
        call["arguments"] = "[" * 10000 + "]" * 10000
    return None, [call]


def chat(words, body, number):
    text, calls = choose(words, body)
    if calls and "long" in words:
        text = "I look again. " * (int(words["long"][0]) // 14)
        if "cite" in words and sum(m.get("role") == "tool" for m in body["messages"]) == 1:
            text = ":".join(words["cite"]).replace("_", " ") + ". " + text
    message = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = [
            {"id": None if "noid" in words else f"call_{number}_{i}", "type": "function",
             "function": {"name": c["name"], "arguments": json.loads(c["arguments"]) if "object" in words else c["arguments"]}}
            for i, c in enumerate(calls)]
    out = {"id": f"chatcmpl-{number}", "object": "chat.completion", "created": 1, "system_fingerprint": "fp_1",
           "model": "another-model" if "othermodel" in words else body.get("model"),
           "choices": [{"index": 0, "message": message, "logprobs": None,
                        "finish_reason": None if "nofinish" in words else "tool_calls" if calls else "stop"}],
           "usage": {"prompt_tokens": 40, "completion_tokens": 10, "total_tokens": 50}}
    if body.get("logprobs"):
        out["choices"][0]["logprobs"] = {"content": [
            {"token": "a", "bytes": [97], "logprob": -0.25, "top_logprobs": [{"token": "a", "logprob": -0.25}]},
            {"token": "b", "bytes": [98], "logprob": -1.5, "top_logprobs": []}]}
    if body.get("logprobs") and "wild" in words and text:
        out["choices"][0]["logprobs"] = {"content": [
            {"token": p, "bytes": list(p.encode()), "logprob": -0.25, "top_logprobs": [{"token": p, "logprob": -0.25}, {"token": "~", "logprob": -2}]}
            for p in pieces(text, 3)]}
    if "nousage" in words:
        del out["usage"]
    if "badusage" in words:
        out["usage"] = {"prompt_tokens": -5, "completion_tokens": 2 ** 63, "total_tokens": 1}
    return out


def completion(words, body, number):
    text = "echo: " + str(body.get("prompt"))
    return {"id": f"cmpl-{number}", "object": "text_completion", "model": body.get("model"),
            "choices": [{"index": 0, "text": text, "finish_reason": "length",
                         "logprobs": {"tokens": ["a", "b"], "token_logprobs": [None, -0.5],
                                      "top_logprobs": [None, {"b": -0.5}], "text_offset": [0, 1]}}],
            "usage": {"prompt_tokens": 2, "completion_tokens": 0, "total_tokens": 2}}


def embeddings(words, body, number):
    """Vectors of how often each letter is there, last text first; `short`: one too few."""
    data = [{"object": "embedding", "index": i, "embedding": [text.lower().count(chr(97 + k)) for k in range(26)]}
            for i, text in enumerate(body["input"])]
    return {"object": "list", "data": data[:0:-1] if "short" in words else data[::-1], "model": body.get("model"),
            "usage": {"prompt_tokens": 7, "total_tokens": 7}}


def messages(words, body, number):
    text, calls = choose(words, body)
    content = [{"type": "text", "text": text}] if text else []
    content += [{"type": "tool_use", "id": f"toolu_{number}_{i}", "name": c["name"], "input": json.loads(c["arguments"])}
                for i, c in enumerate(calls)]
    return {"id": f"msg_{number}", "type": "message", "role": "assistant", "model": body.get("model"), "content": content,
            "stop_reason": "tool_use" if calls else "end_turn", "stop_sequence": None,
            "usage": {"input_tokens": 40, "output_tokens": 10}}


def pieces(text, n):
    """Parts of n characters; of a long text larger ones, a thousand of them."""
    n = max(n, len(text) // 1000)
    return (text[at:at + n] for at in range(0, len(text), n))


def chat_stream(whole, counted):
    """counted: the usage comes last, as it does when it was asked for."""
    choice = whole["choices"][0]
    base = {k: whole[k] for k in ("id", "model", "system_fingerprint")} | {"object": "chat.completion.chunk"}

    def chunk(delta, finish=None, logprobs=None):
        return base | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": logprobs}]}
    yield chunk({"role": "assistant", "content": ""} if choice["message"]["content"] else {"role": "assistant"})
    text = choice["message"]["content"] or ""
    for piece in pieces(text, 5):
        yield chunk({"content": piece})
    for i, c in enumerate(choice["message"].get("tool_calls", [])):
        yield chunk({"tool_calls": [{"index": i, "id": c["id"], "type": "function",
                                     "function": {"name": c["function"]["name"], "arguments": ""}}]})
        raw = c["function"]["arguments"]
        for piece in pieces(raw, 7):
            yield chunk({"tool_calls": [{"index": i, "function": {"arguments": piece}}]})
    if choice.get("logprobs"):
        yield chunk({}, logprobs=choice["logprobs"])
    yield chunk({}, choice["finish_reason"])
    if counted and "usage" in whole:
        yield base | {"choices": [], "usage": whole["usage"]}
    yield "[DONE]"


def messages_stream(whole):
    yield {"type": "message_start", "message": whole | {"content": [], "stop_reason": None,
                                                        "usage": {"input_tokens": 40, "output_tokens": 1}}}
    for i, block in enumerate(whole["content"]):
        start = dict(block)
        if block["type"] == "text":
            start["text"] = ""
        else:
            start["input"] = {}
        yield {"type": "content_block_start", "index": i, "content_block": start}
        key, raw = ("text", block.get("text", "")) if block["type"] == "text" else ("partial_json", json.dumps(block["input"]))
        kind = "text_delta" if key == "text" else "input_json_delta"
        for piece in pieces(raw, 7):
            yield {"type": "content_block_delta", "index": i, "delta": {"type": kind, key: piece}}
        yield {"type": "content_block_stop", "index": i}
    yield {"type": "message_delta", "delta": {"stop_reason": whole["stop_reason"]}, "usage": {"output_tokens": 10}}
    yield {"type": "message_stop"}


def as_events(events, named):
    out = b": a comment\n\n"
    for e in events:
        data = e if isinstance(e, str) else json.dumps(e)
        out += (f"event: {e['type']}\n" if named else "").encode() + f"data: {data}\n\n".encode()
    return out


def head(status, body, kind="application/json", more=""):
    return (f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n").encode()


def error(message, code=None, kind=None):
    return json.dumps({"error": {"message": message, "code": code, "type": kind, "param": None}}).encode()


class Gone(Exception):
    pass


async def broken(words, first, count, whole, writer):
    """What comes instead of the answer; None: the answer itself."""
    def arg(name, i=0):
        return int(words[name][i]) if len(words.get(name, [])) > i else 0
    if "always" in words:
        body = error("as ordered")
        return head(arg("always"), body) + body
    if "fail" in words and count <= (arg("fail", 1) or 1):
        body = error("as ordered", "rate_limit_exceeded" if arg("fail") == 429 else None)
        return head(arg("fail"), body, more="Retry-After: 0\r\n" if arg("fail") == 429 else "") + body
    if "quota" in words:
        body = error("You exceeded your current quota", "insufficient_quota", "insufficient_quota")
        return head(429, body) + body
    if "context" in words:
        body = error("This model's maximum context length is 10 tokens", "context_length_exceeded")
        return head(400, body) + body
    if "redirect" in words:
        return head(301, b"", more="Location: /elsewhere\r\n")
    if "gzip" in words:
        return head(200, b"xxxx", more="Content-Encoding: gzip\r\n") + b"xxxx"
    if not first:
        return None
    bodies = {"badjson": b'{"choices": [{"mess', "dupkeys": b'{"choices": [], "choices": []}', "empty": b""}
    for name, body in bodies.items():
        if name in words:
            return head(200, body) + body
    if "html" in words:
        return head(200, b"<html>busy</html>", "text/html") + b"<html>busy</html>"
    if "huge" in words:
        body = b'{"choices": "' + b"x" * (70 << 20) + b'"}'
        return head(200, body) + body
    for name in ("reset", "cut", "stall", "half"):
        if name not in words:
            continue
        n = arg(name) or len(whole) // 2
        writer.write(whole[:n])
        await writer.drain()
        if name == "stall":
            await asyncio.sleep(3600)
        if name == "reset":
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone
    return None


async def answer(path, fields, raw, writer):
    global in_flight
    if path == "/count":
        body = json.dumps(stats | {"by_model": by_model}).encode()
        writer.write(head(200, body) + body)
        return
    if path == "/elsewhere":
        stats["elsewhere"] += 1
    body = json.loads(raw)
    name = body.get("model", "ok")
    words = behaviour(name)
    stats["total"] += 1
    by_model[name] = by_model.get(name, 0) + 1
    key = hashlib.sha256(raw).hexdigest()
    seen[key] = seen.get(key, 0) + 1
    number = int(key[:12], 16)
    in_flight += 1
    stats["in_flight_most"] = max(stats["in_flight_most"], in_flight)
    try:
        if "wait" in words:
            await asyncio.sleep(int(words["wait"][0]) / 1000)
        anthropic = path.endswith("/messages")
        make = messages if anthropic else completion if path.endswith("/completions") and "chat" not in path else chat
        make = embeddings if path.endswith("/embeddings") else make
        try:
            if words.get("refuse", [None])[0] in body or ("strict" in words.get("refuse", []) and b'"strict":true' in raw):
                raise Bad(words["refuse"][0] + " is not supported")
            good = make(words, body, number)
        except Bad as wrong:
            text = error(str(wrong))
            writer.write(head(400, text) + text)
            return
        if "echo" in words:
            secret = fields.get("authorization", fields.get("x-api-key", ""))
            good["choices"][0]["message"]["content"] = "you sent " + secret
            good["id"] = secret
        counted = (body.get("stream_options") or {}).get("include_usage")
        if body.get("stream"):
            text = as_events(messages_stream(good) if anthropic else chat_stream(good, counted), anthropic)
            whole = head(200, text, "text/event-stream") + text
        else:
            text = json.dumps(good).encode()
            whole = head(200, text) + text
        other = await broken(words, seen[key] == 1, seen[key], whole, writer)
        if other is not None:
            writer.write(other)
            return
        if "drip" in words:
            for at in range(len(whole)):
                writer.write(whole[at:at + 1])
                await writer.drain()
                await asyncio.sleep(int(words["drip"][0] or 1) / 1000)
        else:
            writer.write(whole)
        await writer.drain()
        stats["answered"] += 1
        stats["repeated"] += answered.get(key, 0) > 0
        answered[key] = answered.get(key, 0) + 1
    finally:
        in_flight -= 1


async def serve(reader, writer):
    try:
        while True:
            request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            fields = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in request[1:] if line)}
            raw = await reader.readexactly(int(fields.get("content-length", 0)))
            await answer(request[0].split()[1].split("?")[0], fields, raw, writer)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, Gone):
        pass
    finally:
        writer.close()


async def main(port):
    server = await asyncio.start_server(serve, "127.0.0.1", port, limit=64 << 20, backlog=1024)
    print("port", server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()

try:
    asyncio.run(main(int(sys.argv[2]) if sys.argv[1:2] == ["--port"] else 0))
except KeyboardInterrupt:
    pass
