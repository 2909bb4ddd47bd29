"""Public alerts with an XML signature: signed with the xmlsec1 tool, checked by `parallax verify --trust`."""
import os
import subprocess

import pytest

ALERT = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>MERIDIAN-2032-7</identifier><sender>watch@meridian.example</sender><sent>2032-03-01T09:14:00-00:00</sent>
<status>Exercise</status><msgType>Alert</msgType><scope>Public</scope>
<info><category>Safety</category><event>Re-entry</event><urgency>Expected</urgency><severity>Minor</severity><certainty>Likely</certainty></info>
<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo>
<CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
<SignatureMethod Algorithm="%s"/>
<Reference URI="%s"><Transforms><Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/></Transforms>
<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue/></Reference>
</SignedInfo><SignatureValue/><KeyInfo><X509Data/></KeyInfo></Signature>
</alert>
"""
SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A certification authority, a signer that it vouches for, and a stranger who vouches for himself."""
    folder = tmp_path_factory.mktemp("authority")
    for name in ("ca", "stranger"):
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(folder / (name + ".key")), "-out", str(folder / (name + ".pem")),
            "-days", "30", "-subj", "/CN=%s of Meridian" % name, "-addext", "basicConstraints=critical,CA:TRUE")
    run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", str(folder / "signer.key"), "-out", str(folder / "signer.csr"), "-subj",
        "/O=Meridian/CN=watch floor")
    run("openssl", "x509", "-req", "-in", str(folder / "signer.csr"), "-CA", str(folder / "ca.pem"), "-CAkey", str(folder / "ca.key"), "-CAcreateserial",
        "-days", "30", "-out", str(folder / "signer.pem"))
    return folder


@pytest.fixture
def sign(authority, tmp_path):
    def make(name="signed.cap", who="signer", method=SHA256, uri="", text=ALERT):
        draft = tmp_path / "draft.xml"
        draft.write_text(text % (method, uri))
        run("xmlsec1", "--sign", "--privkey-pem", "%s,%s" % (authority / (who + ".key"), authority / (who + ".pem")), "--output",
            str(tmp_path / name), str(draft))
        return tmp_path / name
    return make


@pytest.fixture
def verify(build, authority):
    def ask(path, *more, trust="ca.pem"):
        return subprocess.run([os.path.join(build, "bin", "parallax"), "verify", str(path), "--trust", str(authority / trust), *more],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=60)
    return ask


def test_a_signature_that_a_trusted_authority_vouches_for_holds(sign, verify):
    result = verify(sign())
    assert result.returncode == 0, result.stderr
    assert "It holds." in result.stdout and '"CN=watch floor,O=Meridian"' in result.stdout and "MERIDIAN-2032-7" in result.stdout
    assert '"signer":"CN=watch floor,O=Meridian"' in verify(sign(), "--json").stdout


@pytest.mark.parametrize("old, new", [("<severity>Minor<", "<severity>Extreme<"), ("<status>Exercise<", "<status>Actual<")])
def test_a_changed_alert_does_not_hold(sign, verify, old, new):
    path = sign()
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    result = verify(path)
    assert result.returncode == 1 and "changed after it was signed" in result.stderr and "nothing in it is proved" in result.stderr


def test_a_stranger_is_not_believed(sign, verify):
    path = sign(who="stranger")
    result = verify(path)
    assert result.returncode == 1 and "vouches for" in result.stderr
    assert verify(path, trust="stranger.pem").returncode == 0


def test_sha_1_proves_nothing(sign, verify):
    result = verify(sign(method=SHA1))
    assert result.returncode == 1 and "SHA-1" in result.stderr


def test_a_signature_over_a_part_is_refused(sign, verify):
    text = ALERT.replace("<info>", '<info xml:id="part">')
    result = verify(sign(uri="#part", text=text))
    assert result.returncode == 1 and "nothing in it is proved" in result.stderr


def test_an_alert_without_signature_is_said_to_have_none(tmp_path, verify):
    path = tmp_path / "plain.cap"
    path.write_text(ALERT[:ALERT.index("<Signature")] + "</alert>\n")
    result = verify(path)
    assert result.returncode == 1 and "not signed" in result.stderr


def test_a_signed_alert_that_is_moved_into_another_is_not_the_whole(sign, verify, tmp_path):
    """Signature wrapping: the signed alert is hidden inside a new one."""
    inner = sign().read_text().split("?>\n", 1)[1]
    path = tmp_path / "wrapped.cap"
    path.write_text(ALERT[:ALERT.index("<Signature")].replace("Minor", "Extreme") + "<wrapped>" + inner + "</wrapped></alert>\n")
    result = verify(path)
    assert result.returncode == 1 and "not signed" in result.stderr


def test_a_file_without_certificates_is_said_to_be_none(sign, verify):
    result = verify(sign(), trust="signer.key")
    assert result.returncode == 1 and "no certificate in that file" in result.stderr
