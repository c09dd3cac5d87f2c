"""What a hostile delivery tries, as its cells: each tells on a line what came of it, «word: True» if it could."""

TOLD = """
import json, os, pathlib, signal, socket, subprocess, sys, time
def journals():  # of the instance itself, beside the folder where its keeper listens
    return str(pathlib.Path(os.environ["SI1P1_KEPT"]).parent / "cloud" / "*.jsonl")
def told(word, attempt, times=5):
    try:
        print(f"{word}: {bool(attempt())}")
    except (FileNotFoundError, ProcessLookupError) as error:  # one of the machine's processes may have ended meanwhile
        told(word, attempt, times - 1) if times else print(f"{word}: False, {type(error).__name__}: {error}")
    except Exception as error:
        print(f"{word}: False, {type(error).__name__}: {error}")
"""

# With the words of `str.format`: secret, a file of who marks; outside and results, folders of his; port, one of his.
READS_AND_WRITES = """
told("reads a secret", lambda: "clave" in open({secret!r}).read())
told("writes outside", lambda: open({outside!r} + "/dentro.txt", "w").write("x"))
told("writes its results", lambda: [one.write_text("x") for one in pathlib.Path({results!r}).rglob("*.json")])
told("writes results inside", lambda: open("/corrige/resultado/veredictos.json", "w").write("x"))
told("writes programs", lambda: open(sys.prefix + "/de-fuera.txt", "w").write("x") and
     os.remove(sys.prefix + "/de-fuera.txt") is None)
told("reaches a port", lambda: socket.create_connection(("127.0.0.1", {port}), 3))
told("reaches the net", lambda: socket.create_connection(("192.0.2.1", 80), 3))
"""

PROCESSES = """
def others():
    own = os.readlink("/proc/self")
    return [one.name for one in pathlib.Path("/proc").iterdir()
            if one.name.isdigit() and one.name != own and b"localstack" in (one / "cmdline").read_bytes()]
told("sees LocalStack", others)
told("reads its variables", lambda: [open(f"/proc/{one}/environ", "rb").read() for one in others()])
told("reads its memory", lambda: [open(f"/proc/{one}/mem", "rb") for one in others()])
told("enters its folder", lambda: [os.listdir(f"/proc/{one}/root") for one in others()])
def end():
    for one in others():
        with open(f"/proc/{one}/cmdline") as running:
            folder = os.open(f"/proc/{one}", os.O_RDONLY)
            signal.pidfd_send_signal(folder, 0)
    return bool(others())
told("signals it", end)
"""

JOURNAL = """
from helpers.emulator import instance, journal
folder = instance.from_environment().folder
told("reads the journal", lambda: journal.read(folder))
told("writes the journal", lambda: journal.append(folder, journal.Entry(journal.Kind.STOP, 0)) is None)
"""

# A function and a script of LocalStack's start: each tries, and leaves what it has seen in the bucket.
ATTEMPT = """
import glob, json, os, socket
def attempt(secret, outside, port, journals):
    seen = {}
    def told(word, what):
        try:
            seen[word] = bool(what())
        except Exception as error:
            seen[word] = False
    told("reads a secret", lambda: open(secret).read())
    told("writes outside", lambda: open(outside + "/dentro.txt", "w").write("x"))
    told("reaches a port", lambda: socket.create_connection(("127.0.0.1", port), 3))
    for name in glob.glob(journals):
        told("writes the journal", lambda: open(name, "ab").write(b"x"))
    return seen
"""

FUNCTION = """
import io, zipfile
code = {attempt!r} + "\\ndef handler(event, context):\\n    return attempt(*event)\\n"
packed = io.BytesIO()
with zipfile.ZipFile(packed, "w") as archive:
    archive.writestr("prueba.py", code)
aws_lambda = boto3.client("lambda")
aws_lambda.create_function(FunctionName="prueba", Runtime="python3.13", Handler="prueba.handler", Timeout=30,
    Role="arn:aws:iam::000000000000:role/si1", Code={{"ZipFile": packed.getvalue()}})
aws_lambda.get_waiter("function_active_v2").wait(FunctionName="prueba")
answer = aws_lambda.invoke(FunctionName="prueba", Payload=json.dumps([{secret!r}, {outside!r}, {port}, journals()]))
print("function:", json.loads(answer["Payload"].read()))
"""

HOOK = """
script = {attempt!r} + "\\nfound = attempt(*" + repr([{secret!r}, {outside!r}, {port}, journals()]) + ")\\n"
script += "open(" + repr(os.getcwd() + "/build/guion.txt") + ", 'w').write(str(found))\\n"
(lab.ready_hooks() / "guion.py").write_text(script)
lab.restart()
print("script:", pathlib.Path("build/guion.txt").read_text())
"""

STAYS = """
subprocess.Popen(["sleep", "{seconds}"], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp("sleep", ["sleep", "{seconds}"])
    os._exit(0)
"""

# Says of itself that all is right: in place of the check, by its display, in the files that it can write.
FORGES = """
from helpers.practice import checks
from helpers.practice.checks.verdict import Verdict
def check(question):
    return Verdict(question, True, "todo bien")
practice.check = checks.check = check
display(check("s3-1"))
told("writes a verdict", lambda: [one.write_text(json.dumps({"verdicts": [{"question": "s3-1", "ok": True,
    "text": "todo bien"}]})) for one in pathlib.Path("/").glob("corrige/resultado/*.json")])
"""
