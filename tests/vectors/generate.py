#!/usr/bin/env python3
"""Generates frames.json: frames with the token that they must carry, and frames that a receiver must reject.

The generator is written from docs/protocol.md only and uses only the standard library, so that it shares no code and no mistake
with the gateway. `generate.py` writes the file. `generate.py --check` compares only, and exits with 1 when the file differs.
"""
import base64
import hashlib
import hmac
import json
import pathlib
import struct
import sys
from datetime import datetime, timezone

FILE = pathlib.Path(__file__).with_name("frames.json")
MAX_AGE = 300
MAX_CONTENT = 65536
SECRET = "correct horse battery staple"
OTHER_SECRET = "another secret of enough bytes"
NOW = int(datetime(2026, 11, 22, 10, 0, 0, tzinfo=timezone.utc).timestamp())
TO_GATEWAY, TO_CLIENT = "client-to-gateway", "gateway-to-client"
GENERATION = NOW * 1000 + 123
DEFAULT_DIGEST = {"algorithm": "SHA1", "output": "hex", "recipe": "{magic}{length}{created}{content}{secret}"}


def text_of(unix, offset=0):
    return datetime.fromtimestamp(unix + offset, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def field(data, pad=b"\0"):
    assert len(data) <= 50
    return data + pad * (50 - len(data))


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def hmac_token(frame, secret, direction):
    key = secret.encode()
    if direction == TO_CLIENT:
        key = hmac.digest(key, b"heartbeatgateway outbound", "sha256")
    return base64url(hmac.digest(key, frame[0:58] + frame[108:158] + frame[158:], "sha256"))


def java_trim(data):
    return data.strip(bytes(range(0x21)))


def digest_token(frame, secret, digest):
    values = {
        "magic": b"118",
        "length": str(len(frame) - 158).encode(),
        "type": java_trim(frame[8:58]),
        "created": java_trim(frame[108:158]),
        "content": frame[158:],
        "secret": secret.encode(),
    }
    data, rest = b"", digest["recipe"]
    while rest:
        literal, brace, rest = rest.partition("{")
        data += literal.encode()
        if brace:
            name, _, rest = rest.partition("}")
            data += values[name]
    hashed = hashlib.new(digest["algorithm"].lower(), data).digest()
    return hashed.hex().encode() if digest["output"] == "hex" else base64url(hashed)


def vector(name, scheme="hmac-sha256", direction=TO_GATEWAY, type_="ping", content=b"", keys=None, key=None, names_key=False,
           digest=None, created_unix=NOW, created=None, zone="UTC", now=NOW, type_field=None, created_field=None, token_field=None,
           tamper=None, refused=None, why=None, generation=None, number=None, after=""):
    """Returns one vector. `tamper` changes the finished bytes. `refused` is the close reason of a frame that must be rejected.

    `generation` makes it a frame of a connection of that generation on which the feature ack was granted, `number` gives it a number,
    and `after` is any other text after its date."""
    keys = keys or {"k1": SECRET}
    key = key or next(iter(keys))
    created = created if created is not None else text_of(created_unix)
    if number is not None:
        created += f" n={number} g={generation}"
    created += after
    frame = struct.pack(">ii", 0x76, len(content))
    frame += type_field or field(type_.encode())
    frame += bytes(50)
    frame += created_field or field(created.encode())
    frame += content
    if scheme == "hmac-sha256":
        token = hmac_token(frame, keys[key], direction)
        if names_key:
            token = key.encode() + b"." + token
    elif scheme == "digest":
        digest = digest or DEFAULT_DIGEST
        token = digest_token(frame, keys[key], digest)
    else:
        token = b""
    sent = token_field(token) if token_field else field(token)
    frame = frame[:58] + sent + frame[108:]
    if tamper:
        frame = tamper(bytearray(frame))
    entry = {"name": name, "scheme": scheme}
    if scheme != "none":
        entry["keys"] = [{"id": i, "secret": s} for i, s in keys.items()]
        entry["signedBy"] = key
        entry["namesKey"] = names_key
    if scheme == "digest":
        entry["digest"] = digest
    entry |= {"direction": direction, "timeZone": zone, "now": now, "type": type_, "created": created, "createdUnix": created_unix,
              "content": content.hex(), "token": token.decode(), "frame": bytes(frame).hex(), "accept": refused is None}
    if generation is not None:
        entry["ack"] = {"generation": generation} | ({"number": number} if refused is None else {})
    if refused is None:
        # True when a writer produces exactly these bytes: fields padded with NUL, no text after the date, no later change.
        entry["canonical"] = not (type_field or created_field or token_field or tamper or after)
    else:
        entry |= {"refusedAs": refused, "why": why}
    return entry


def accepted():
    yield vector("hmac: a ping")
    yield vector("hmac: a ping that names its key", names_key=True)
    yield vector("hmac: the gateway's ping", direction=TO_CLIENT)
    yield vector("hmac: the gateway's ping that names its key", direction=TO_CLIENT, names_key=True)
    yield vector("hmac: a message with content", type_="message", content=b"hello, gateway")
    yield vector("hmac: a message with content that names its key", type_="message", content=b"hello, gateway", names_key=True)
    yield vector("hmac: a push with content", direction=TO_CLIENT, type_="message", content=b'{"valve":"open"}')
    yield vector("hmac: a push with content that names its key", direction=TO_CLIENT, type_="order", content=bytes(range(256)),
                 names_key=True)
    yield vector("hmac: a ping with content", content=b"ignored, but signed")
    yield vector("hmac: 512 bytes of content", type_="message", content=bytes(i % 251 for i in range(512)))
    yield vector("hmac: 513 bytes of content", type_="message", content=bytes(i % 251 for i in range(513)))
    yield vector("hmac: a type that is not ASCII", type_="température/значение/温度", content="21,5 °C".encode())
    yield vector("hmac: the gateway's type that is not ASCII", direction=TO_CLIENT, type_="commande/été", content=b"\xff\xfe\x00")
    yield vector("hmac: a type of 50 bytes", type_="a" * 48 + "é", content=b"x")
    yield vector("hmac: a secret that is not ASCII", keys={"k1": "пароль из слов"}, type_="message", content=b"x")
    yield vector("hmac: a secret of 16 bytes", keys={"k1": "0123456789abcdef"})
    yield vector("hmac: a key id of 6 characters fills the field", keys={"Az09_-": SECRET}, names_key=True)
    yield vector("hmac: the second of two keys, not named", keys={"new": OTHER_SECRET, "old": SECRET}, key="old")
    yield vector("hmac: the second of two keys, named", keys={"new": OTHER_SECRET, "old": SECRET}, key="old", names_key=True)
    yield vector("hmac: fields padded with blanks", type_field=field(b"ping", b" "), created_field=field(text_of(NOW).encode(), b" "),
                 token_field=lambda t: field(t, b" "))
    yield vector("hmac: fields padded at both ends", type_="message", content=b"x", type_field=field(b" \t\0message\r\n"),
                 created_field=field(b"\0 \x1f" + text_of(NOW).encode() + b" "), token_field=lambda t: field(b"\0 " + t, b" "))
    yield vector("hmac: text after the date", created_field=field(text_of(NOW).encode() + b".123 and more"))
    yield vector("hmac: the oldest date", created_unix=NOW - MAX_AGE)
    yield vector("hmac: the furthest date", created_unix=NOW + MAX_AGE)
    yield vector("hmac: a leap day", created_unix=1835395200, now=1835395200, type_="message", content=b"x")
    yield vector("hmac: a clock at +08:00", created=text_of(NOW, 8 * 3600), zone="+08:00")
    yield vector("hmac: a clock at -03:30, the gateway's", direction=TO_CLIENT, created=text_of(NOW, -3 * 3600 - 1800), zone="-03:30")
    summer = int(datetime(2026, 10, 25, 0, 30, tzinfo=timezone.utc).timestamp())
    yield vector("hmac: a repeated hour, first reading", created="2026-10-25 02:30:00", created_unix=summer, now=summer,
                 zone="Europe/Berlin")
    yield vector("hmac: a repeated hour, second reading", created="2026-10-25 02:30:00", created_unix=summer + 3600, now=summer + 3600,
                 zone="Europe/Berlin")
    for direction in (TO_GATEWAY, TO_CLIENT):
        yield vector(f"digest: SHA1 in hex, {direction}", "digest", direction)
        yield vector(f"digest: SHA1 in hex with content, {direction}", "digest", direction, type_="message", content=b"hello")
        yield vector(f"digest: MD5 in hex, {direction}", "digest", direction, content=b"x", digest=DEFAULT_DIGEST | {"algorithm": "MD5"})
        yield vector(f"digest: SHA256 in base64url, {direction}", "digest", direction, type_="message", content=bytes(range(256)),
                     digest=DEFAULT_DIGEST | {"algorithm": "SHA256", "output": "base64url"})
        yield vector(f"digest: a recipe of its own, {direction}", "digest", direction, type_="température", content=b"\x00\x01",
                     digest={"algorithm": "MD5", "output": "base64url",
                             "recipe": "v1|{type}|{created}|{content}|{length}|{magic}|{secret}|ü"})
    yield vector("digest: fields padded with blanks", "digest", type_field=field(b"  ping", b" "),
                 created_field=field(b" " + text_of(NOW).encode(), b" "), token_field=lambda t: field(b" " + t, b" "))
    yield vector("digest: a short secret", "digest", keys={"k1": "key"})
    yield vector("digest: the second of two keys", "digest", keys={"new": OTHER_SECRET, "old": SECRET}, key="old")
    yield from numbered()
    yield vector("none: a ping without token", "none")
    yield vector("none: a push with content", "none", TO_CLIENT, type_="message", content=b"hello")
    yield vector("none: a token is not looked at", "none", token_field=lambda t: field(b"whatever"))
    yield vector("none: a date of long ago", "none", created_unix=0)


def numbered():
    """Frames of a connection with the feature ack: docs/protocol.md, part 5."""
    for scheme in ("hmac-sha256", "digest"):
        for direction, who in ((TO_GATEWAY, "a message"), (TO_CLIENT, "a push")):
            ack = {"scheme": scheme, "direction": direction, "generation": GENERATION}
            yield vector(f"{scheme}: {who} with the number 1", type_="message", content=b"hello", number=1, **ack)
            yield vector(f"{scheme}: {who} with the highest number fills the field", type_="order", content=bytes(range(256)),
                         number=999999999999, **ack)
            yield vector(f"{scheme}: {who} without a number", type_="message", content=b"hello", **ack)
            yield vector(f"{scheme}: {who} with another text after the date", type_="message", content=b"hello", after=" N=1 g=2", **ack)
            yield vector(f"{scheme}: an ack of nothing, {direction}", type_="ack", number=0, **ack)
            yield vector(f"{scheme}: an ack through 500, {direction}", type_="ack", number=500, **ack)
            yield vector(f"{scheme}: {who} with a number in a field padded with blanks", type_="message", number=42,
                         created_field=field(f" {text_of(NOW)} n=42 g={GENERATION}".encode(), b" "), **ack)
    ack = {"generation": GENERATION}
    yield vector("hmac: a message with a number that names its key", type_="message", content=b"x", names_key=True, number=7, **ack)
    yield vector("hmac: an ack that names its key", direction=TO_CLIENT, type_="ack", names_key=True, number=7, **ack)
    yield vector("hmac: a number at +08:00", type_="message", created=text_of(NOW, 8 * 3600), zone="+08:00", number=42, **ack)
    yield vector("hmac: a generation of one digit", type_="message", number=42, generation=7)
    yield vector("digest: a number under a recipe of its own", "digest", type_="message", content=b"x", number=42,
                 digest={"algorithm": "SHA256", "output": "base64url", "recipe": "{type}|{created}|{content}|{secret}"}, **ack)
    yield vector("hmac: a number on a ping is ignored", after=" n=x", **ack)
    yield vector("hmac: a number on a hello is ignored", type_="hello", content=b"{}", after=f" n=1 g={GENERATION + 1}", **ack)
    yield vector("hmac: two blanks before n= are another text", type_="message", after=f"  n=1 g={GENERATION}", **ack)
    yield vector("hmac: a malformed number without the feature ack", type_="message", content=b"x", after=" n=x g=y")
    yield vector("hmac: a number without the feature ack", type_="message", content=b"x", after=f" n=1 g={GENERATION}")
    yield vector("hmac: the type ack without the feature ack", type_="ack", content=b"an application message")


def malformed():
    """Frames that end a connection with the feature ack."""
    g = GENERATION
    for scheme in ("hmac-sha256", "digest"):
        def bad(name, why, type_="message", direction=TO_GATEWAY, **arguments):
            return invalid(f"{scheme}: {name}", why, scheme=scheme, type_=type_, direction=direction, generation=g, **arguments)

        for after, why in ((" n=", "no number"), (" n=x", "a number has digits only"), (f" n= g={g}", "no number"),
                           (f" n=01 g={g}", "a leading zero"), (f" n=00 g={g}", "a leading zero"), (f" n=-1 g={g}", "a sign"),
                           (f" n=+1 g={g}", "a sign"), (f" n=1.0 g={g}", "a number has digits only"), (f" n=0x1 g={g}", "digits only"),
                           (" n=1000000000000 g=7", "13 digits"), (" n=9223372036854775808 g=1", "19 digits"),
                           (f" n= 1 g={g}", "a blank before the number"), (f" n=１ g={g}", "a digit that is not ASCII"),
                           (f" n=١ g={g}", "a digit that is not ASCII"), (" n=1", "no generation"), (" n=1 g=", "no generation"),
                           (" n=1 g=x", "a generation has digits only"), (f" n=1  g={g}", "two blanks"), (f" n=1\tg={g}", "no blank"),
                           (f" n=1\0g={g}", "no blank"), (f" n=1g={g}", "no blank"), (f" n=1 G={g}", "names are lower case"),
                           (f" n=1 g=0{g}", "a leading zero"), (f" n=1 g={g}0", "14 digits"), (f" n=1 g={g} x", "text after it"),
                           (f" n=1 g={g},", "text after it"), (f" n=1 g={g + 1}", "the generation of another connection"),
                           (" n=1 g=0", "the generation of another connection"), (f" n=0 g={g}", "messages are numbered from 1")):
            yield bad(f"a message with '{after}' after the date".replace("\t", "TAB").replace("\0", "NUL"), why, after=after)
        for direction in (TO_GATEWAY, TO_CLIENT):
            yield bad(f"an ack without a number, {direction}", "an ack has a number", "ack", direction)
            yield bad(f"an ack with another text after the date, {direction}", "an ack has a number", "ack", direction, after=" ok")
            yield bad(f"an ack of another connection, {direction}", "the generation of another connection", "ack", direction,
                      after=f" n=5 g={g - 1}")
            yield bad(f"a changed number, {direction}", "the token covers the number", direction=direction, number=5, tamper=flip(130))
            yield bad(f"a changed generation, {direction}", "the token covers the generation", direction=direction, number=5, tamper=flip(146))
        yield bad("a push with the generation of another connection", "it was recorded there", direction=TO_CLIENT, after=f" n=1 g={g + 1}")
        yield bad("a push with the number 0", "pushes are numbered from 1", direction=TO_CLIENT, after=f" n=0 g={g}")


def invalid(name, why, **arguments):
    return vector(name, refused="token_invalid", why=why, **arguments)


def flip(position, bit=1):
    def tamper(frame):
        frame[position] ^= bit
        return frame
    return tamper


def standard_base64(token):
    # The test needs a token with - or _. The content of the caller is chosen so that the token has one.
    assert b"-" in token or b"_" in token
    return field(token.replace(b"-", b"+").replace(b"_", b"/"))


def frame_of(first_eight):
    return lambda frame: first_eight + frame[8:]


def refused():
    yield invalid("hmac: another secret", "signed with a secret that the verifier does not have",
                  tamper=lambda f: f[:58] + field(hmac_token(f, OTHER_SECRET, TO_GATEWAY)) + f[108:])
    yield invalid("hmac: no token", "the token field is empty", token_field=lambda t: bytes(50))
    yield invalid("hmac: a token of blanks", "the token field is empty once trimmed", token_field=lambda t: b" " * 50)
    yield invalid("hmac: a truncated token", "42 characters instead of 43", token_field=lambda t: field(t[:42]))
    yield invalid("hmac: a token with padding", "base64url is written without =", token_field=lambda t: field(t + b"="))
    yield invalid("hmac: a token in standard base64", "+ and / are not of the base64url alphabet", type_="message", content=b"x1",
                  token_field=standard_base64)
    yield invalid("hmac: spare bits of the last character", "43 characters hold 258 bits; the last two must be as the sender's",
                  token_field=lambda t: field(t[:-1] + bytes([t[-1] + 1])))
    yield invalid("hmac: the gateway's token as a client's", "outbound tokens have a key of their own",
                  tamper=lambda f: f[:58] + field(hmac_token(f, SECRET, TO_CLIENT)) + f[108:])
    yield invalid("hmac: a client's token as the gateway's", "outbound tokens have a key of their own", direction=TO_CLIENT,
                  tamper=lambda f: f[:58] + field(hmac_token(f, SECRET, TO_GATEWAY)) + f[108:])
    yield invalid("hmac: a changed type", "the type is signed", tamper=flip(8))
    yield invalid("hmac: a changed padding of the type", "all 50 bytes of the field are signed", tamper=flip(57))
    yield invalid("hmac: a changed date", "the date is signed", tamper=flip(126))
    yield invalid("hmac: a changed padding of the date", "all 50 bytes of the field are signed", tamper=flip(157))
    yield invalid("hmac: a changed content", "the content is signed", type_="message", content=b"pay 1", tamper=flip(162))
    yield invalid("hmac: content that was not signed", "length and content are signed",
                  tamper=lambda f: f[:4] + b"\0\0\0\1" + f[8:] + b"x")
    yield invalid("hmac: an unknown key id", "no key of the verifier has this id", token_field=lambda t: field(b"k9." + t))
    yield invalid("hmac: a key id in another case", "key ids are compared byte for byte", token_field=lambda t: field(b"K1." + t))
    yield invalid("hmac: another key's id", "the id names a key that did not sign", keys={"new": OTHER_SECRET, "old": SECRET}, key="old",
                  token_field=lambda t: field(b"new." + t))
    yield invalid("hmac: an empty key id", "a key id has at least one character", token_field=lambda t: field(b"." + t))
    yield invalid("hmac: a key id and no token", "nothing follows the dot", token_field=lambda t: field(b"k1."))
    yield invalid("hmac: a wrong token and a date of long ago", "a date is believed only when the token verifies", created_unix=0,
                  token_field=lambda t: field(t[::-1]))
    yield invalid("hmac: a wrong token and no date", "a date is believed only when the token verifies", created="",
                  token_field=lambda t: field(t[::-1]))
    yield invalid("digest: another secret", "digested with a secret that the verifier does not have", scheme="digest",
                  tamper=lambda f: f[:58] + field(digest_token(f, OTHER_SECRET, DEFAULT_DIGEST)) + f[108:])
    yield invalid("digest: a changed content", "the recipe covers the content", scheme="digest", type_="message", content=b"pay 1",
                  tamper=flip(162))
    yield invalid("digest: a key id", "key ids belong to hmac-sha256", scheme="digest", token_field=lambda t: field(b"k1." + t))
    yield invalid("digest: a truncated token", "39 characters instead of 40", scheme="digest", token_field=lambda t: field(t[:39]))
    yield invalid("digest: no token", "the token field is empty", scheme="digest", token_field=lambda t: bytes(50))
    yield from malformed()
    for scheme in ("hmac-sha256", "digest"):
        yield vector(f"{scheme}: one second too old", scheme, created_unix=NOW - MAX_AGE - 1, refused="token_expired",
                     why="older than 300 s")
        yield vector(f"{scheme}: one second too far ahead", scheme, created_unix=NOW + MAX_AGE + 1, refused="token_expired",
                     why="more than 300 s ahead")
        for created in ("2026-02-30 10:00:00", "2026-11-22 24:00:00", "2026-11-21 23:59:60", "2026-13-22 10:00:00", "2026-00-22 10:00:00",
                        "2026-11-00 10:00:00", "0000-11-22 10:00:00", "2027-02-29 10:00:00", "2026-11-22T10:00:00", "2026-11-22 10:00",
                        "22-11-2026 10:00:00", "+026-11-22 10:00:00", "２０２６-11-22 10:00:00", "٢٠٢٦-11-22 10:00:00", ""):
            yield vector(f"{scheme}: the date '{created}'", scheme, created=created, refused="bad_date",
                         why="no date that exists in this form")
    yield vector("no magic", tamper=frame_of(b"\0\0\0\x77\0\0\0\0"), refused="bad_magic", why="a frame starts with 00 00 00 76")
    yield vector("a little-endian magic", tamper=frame_of(b"\x76\0\0\0\0\0\0\0"), refused="bad_magic", why="integers are big-endian")
    for length in (0xFFFFFFFF, 0x80000000, 0x7FFFFFFF, 0x7FFFFF62, MAX_CONTENT + 1):
        yield vector(f"the length 0x{length:08X}", tamper=lambda f, n=length: struct.pack(">II", 0x76, n), refused="bad_length",
                     why="negative or above 65536, known from the first 8 bytes")
    yield vector("the end inside the header", tamper=lambda f: f[:157], refused="truncated", why="one byte of the header is missing")
    yield vector("the end inside the content", type_="message", content=b"hello", tamper=lambda f: f[:-1], refused="truncated",
                 why="one byte of the content is missing")


def main():
    document = {
        "about": "Made by generate.py; see README.md. Hex is lower case, times are seconds since 1970-01-01 UTC.",
        "maxAgeSeconds": MAX_AGE,
        "maxContentBytes": MAX_CONTENT,
        "vectors": [*accepted(), *refused()],
    }
    names = [v["name"] for v in document["vectors"]]
    assert len(names) == len(set(names)), "two vectors have the same name"
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    if "--check" in sys.argv[1:]:
        same = FILE.exists() and FILE.read_text(encoding="utf-8") == text
        print(f"{FILE.name}: {len(names)} vectors, {'as generated' if same else 'differs from the generated text'}")
        return 0 if same else 1
    FILE.write_text(text, encoding="utf-8", newline="\n")
    print(f"{FILE.name}: {len(names)} vectors")
    return 0


if __name__ == "__main__":
    sys.exit(main())
