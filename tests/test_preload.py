"""What is done to LocalStack's start does not change what LocalStack does."""

import subprocess
import sys

# In a process of its own, as LocalStack's are: its imports open sockets.
IMPORTS = """
import threading, time
from localstack.services.plugins import ServicePluginManager
from helpers.emulator import preload

importing, most_at_once, loaded = [], 0, []

def load_service_plugin(self, name):
    global most_at_once
    importing.append(name)
    most_at_once = max(most_at_once, len(importing))
    time.sleep(0.02)
    importing.remove(name)
    if name == "dynamodb":  # as a provider that needs another's
        manager._load_service_plugin("kinesis")
    loaded.append(name)

ServicePluginManager._load_service_plugin = load_service_plugin
preload._import_services_one_at_a_time()
manager = ServicePluginManager()
threads = [threading.Thread(target=manager._load_service_plugin, args=(name,)) for name in preload.SERVICES]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(10)
print(most_at_once, set(loaded) == {*preload.SERVICES, "kinesis"})
"""


def test_services_asked_for_at_once_are_imported_one_after_the_other():
    """In two threads, moto's modules wait for each other now and then: see preload."""
    run = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.split() == ["1", "True"]
