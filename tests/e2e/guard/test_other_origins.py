"""A page of another origin, in Chromium, reaches no listener of a running stage."""

import json
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil
import pytest

from tests.e2e.browsing import NO_PLAYWRIGHT
from tests.e2e.guard.conftest import Guarded
from tests.pictures import a_jpeg

if TYPE_CHECKING:
    from playwright.sync_api import Page, Response

pytestmark = pytest.mark.e2e
pytest.importorskip("playwright.sync_api", reason=NO_PLAYWRIGHT)

PORTS = ("emulator", "runtime", "gateway", "status page")
# Same-site (ports do not count) and cross-site; both with another origin.
SITES = ("127.0.0.1", "evil.localhost")
QUEUE = "made-by-a-page"
# What a page can send without a preflight, with one, and without an Origin; all it could read.
ATTACK = """
async ({urls, queue}) => {
    const read = [];
    const target = {"X-Amz-Target": "AmazonSQS.CreateQueue"};
    const json = "application/x-amz-json-1.0";
    const tries = [
        {},
        {mode: "no-cors"},
        {method: "POST", mode: "no-cors", body: new URLSearchParams({Action: "CreateQueue",
            QueueName: queue})},
        {method: "POST", body: JSON.stringify({QueueName: queue}),
            headers: {...target, "Content-Type": json}},
        {method: "PUT", body: "x"},
        {method: "DELETE"},
    ];
    for (const url of urls) {
        for (const options of tries) {
            try {
                const response = await fetch(url, options);
                if (response.type !== "opaque") read.push(`${url} ${response.status}`);
            } catch { /* refused */ }
        }
        const image = new Image();
        await new Promise((end) => { image.onload = image.onerror = end; image.src = url; });
        const frame = document.createElement("iframe");
        frame.name = "frame";
        document.body.append(frame);
        const form = document.createElement("form");
        Object.assign(form, {action: url, method: "POST", target: "frame"});
        const sent = new Promise((end) => { frame.onload = end; setTimeout(end, 3000); });
        form.submit();
        await sent;
        frame.remove();
        await new Promise((end) => {
            const channel = new WebSocket(url.replace("http:", "ws:"));
            channel.onopen = () => { read.push(`${url} websocket`); end(); };
            channel.onerror = end;
        });
    }
    return read;
}
"""


def paths(guarded: Guarded, port: str) -> list[str]:
    """Return addresses that would read or change something if they were answered."""
    bucket = guarded.stage.outputs["IntakeBucket"]
    api = f"/_aws/execute-api/{guarded.stage.outputs['ApiId']}/$default/reviews/next"
    return {
        "emulator": [
            f"/?Action=CreateQueue&QueueName={QUEUE}&Version=2012-11-05",
            "/2015-03-31/functions/",
            f"/{bucket}",
            f"/{bucket}/intake/ada/photo.jpg",
            "/_ministack/reset",
            "/_ministack/ready",
            api,
        ],
        "runtime": ["/ping", "/endpoints/scones-local-vehicle/invocations"],
        "gateway": ["/openapi.json", "/reviews/next", "/oauth2/userInfo", "/oauth2/token"],
        "status page": ["/api/overview", "/thumbnails/" + "0" * 64],
    }[port]


def queues_of_pages(guarded: Guarded) -> list[str]:
    """Return the queues that a page has made."""
    queues = guarded.stage.client("sqs").list_queues(QueueNamePrefix=QUEUE)
    return list(queues.get("QueueUrls", []))


def responses_of(page: "Page") -> "list[Response]":
    """Return a list to which every later response of the page is added."""
    responses: list[Response] = []

    def add(response: "Response") -> None:  # Playwright takes no built-in function
        responses.append(response)

    page.on("response", add)
    return responses


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("port", PORTS)
def test_another_site_neither_reads_nor_changes_anything(
    guarded: Guarded, visiting: "Page", port: str, site: str
) -> None:
    s3, bucket = guarded.stage.client("s3"), guarded.stage.outputs["IntakeBucket"]
    s3.put_object(Bucket=bucket, Key="elsewhere/photo.jpg", Body=a_jpeg())
    before = s3.list_object_versions(Bucket=bucket).get("Versions", [])
    answers = responses_of(visiting)
    visiting.goto(guarded.site(site))
    urls = [guarded.ports[port] + path for path in paths(guarded, port)]
    read = visiting.evaluate(ATTACK, {"urls": urls, "queue": QUEUE})
    assert read == []
    statuses = [answer.status for answer in answers if answer.url.startswith(guarded.ports[port])]
    if port != "status page":  # by its headers, the browser keeps even a refusal from the page
        assert len(statuses) >= len(urls)
    assert set(statuses) <= ({403, 405} if port == "status page" else {403})
    assert not queues_of_pages(guarded)
    assert s3.list_object_versions(Bucket=bucket).get("Versions", []) == before


def test_a_page_creates_and_runs_no_function(guarded: Guarded, visiting: "Page") -> None:
    functions = guarded.stage.client("lambda")
    before = {function["FunctionName"] for function in functions.list_functions()["Functions"]}
    visiting.goto(guarded.site("evil.localhost"))
    body = json.dumps({"FunctionName": "evil", "Runtime": "python3.13", "Handler": "i.h"})
    for mode in ("cors", "no-cors"):
        sent = visiting.evaluate(
            "([url, body, mode]) => fetch(url, {method: 'POST', mode, body})"
            ".then((response) => response.type, () => 'refused')",
            [f"{guarded.stage.endpoint_url}/2015-03-31/functions", body, mode],
        )
        assert sent == ("opaque" if mode == "no-cors" else "refused")
    after = {function["FunctionName"] for function in functions.list_functions()["Functions"]}
    assert after == before


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize("host", ["rebound.example", "127.0.0.1", "127.0.0.1:1", "0.0.0.0"])  # noqa: S104 # refused
def test_a_rebound_name_is_refused(guarded: Guarded, port: str, host: str) -> None:
    own = urlsplit(guarded.ports[port])
    with socket.create_connection((own.hostname, own.port), timeout=10) as connection:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        assert connection.recv(64).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_ministack/reset"),
        ("POST", "/%5fministack/reset"),
        ("POST", "/_ministack/config"),
        ("GET", "/_ministack/ses/messages"),
        ("GET", "/_localstack/health"),
    ],
)
def test_the_emulators_own_routes_are_closed_to_programs_too(
    guarded: Guarded, method: str, path: str
) -> None:
    own = urlsplit(guarded.stage.endpoint_url)
    with socket.create_connection((own.hostname, own.port), timeout=10) as connection:
        head = f"{method} {path} HTTP/1.1\r\nHost: {own.netloc}\r\nContent-Length: 0\r\n"
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode())
        assert connection.recv(64).startswith(b"HTTP/1.1 403 ")
    assert guarded.stage.client("s3").list_buckets()["Buckets"]


def test_the_stage_listens_on_its_four_ports_only(guarded: Guarded) -> None:
    known = {urlsplit(url).port for url in guarded.ports.values()}
    processes = [
        process
        for pid in (*guarded.stage.processes.values(), guarded.page.process.pid)
        for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True))
    ]
    addresses = {
        connection.laddr
        for process in processes
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert {address.port for address in addresses} == known
    assert {address.ip for address in addresses} == {"127.0.0.1"}


def test_no_process_of_the_stage_reports_usage(guarded: Guarded) -> None:
    for pid in (*guarded.stage.processes.values(), guarded.page.process.pid):
        assert psutil.Process(pid).environ()["ORT_DISABLE_TELEMETRY"] == "1"


UPLOAD = """
async ({api, token, photo}) => {
    const permission = await (await fetch(`${api}/uploads`, {
        method: "POST",
        headers: {"Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID(),
            Authorization: `Bearer ${token}`},
        body: JSON.stringify({content_type: "image/jpeg"}),
    })).json();
    const form = new FormData();
    for (const [name, value] of Object.entries(permission.fields)) form.append(name, value);
    form.append("file", new Blob([Uint8Array.from(photo)], {type: "image/jpeg"}), "photo.jpg");
    const answer = await fetch(permission.url, {method: "POST", body: form});
    return {status: answer.status, url: permission.url, fields: permission.fields};
}
"""
LOAD = """
([url, cors]) => new Promise((end) => {
    const image = new Image();
    if (cors) image.crossOrigin = "anonymous";
    image.onload = () => end(image.naturalWidth);
    image.onerror = () => end(0);
    image.src = url;
})
"""
SUBMIT = """
([url, fields]) => {
    const form = document.createElement("form");
    Object.assign(form, {action: url, method: "POST", enctype: "multipart/form-data"});
    for (const [name, value] of Object.entries(fields)) {
        const field = document.createElement("input");
        Object.assign(field, {type: "hidden", name, value});
        form.append(field);
    }
    const file = document.createElement("input");
    Object.assign(file, {type: "file", name: "file", id: "file"});
    form.append(file);
    document.body.append(form);
}
"""


@pytest.fixture(params=["web app", "own origin"])
def allowed(guarded: Guarded, visiting: "Page", request: pytest.FixtureRequest) -> "Page":
    """A page of a named web app, and one of the API's own origin without the review page's CSP."""
    own = f"{guarded.stage.api_url}/openapi.json"
    visiting.goto(guarded.site("app.localhost") if request.param == "web app" else own)
    return visiting


def test_forms_and_images_work_in_pages_that_the_buckets_rule_allows(
    guarded: Guarded, allowed: "Page"
) -> None:
    answers = responses_of(allowed)
    photo = a_jpeg()
    sent = allowed.evaluate(
        UPLOAD, {"api": guarded.stage.api_url, "token": guarded.token, "photo": list(photo)}
    )
    assert sent["status"] in (200, 201, 204)
    key, bucket = sent["fields"]["key"], guarded.stage.outputs["IntakeBucket"]
    s3 = guarded.stage.client("s3")
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == photo
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
    for cors in (True, False):
        assert allowed.evaluate(LOAD, [url, cors]) > 0
    origin = allowed.evaluate("location.origin")
    from_s3 = [answer for answer in answers if answer.url.startswith(guarded.stage.endpoint_url)]
    with_cors = [answer for answer in from_s3 if "origin" in answer.request.all_headers()]
    assert with_cors
    for answer in with_cors:
        assert answer.all_headers()["access-control-allow-origin"] == origin
    allowed.evaluate(SUBMIT, [sent["url"], sent["fields"]])
    allowed.set_input_files(
        "#file", files={"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photo}
    )
    with allowed.expect_response(lambda answer: answer.request.method == "POST") as posted:
        allowed.evaluate("document.forms[0].submit()")
    assert posted.value.status in (200, 201, 204)
    assert len(s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]) == 2


def test_an_allowed_page_reaches_nothing_but_objects(guarded: Guarded, allowed: "Page") -> None:
    bucket = guarded.stage.outputs["IntakeBucket"]
    labels = guarded.stage.outputs["LabelsBucket"]
    url = guarded.stage.endpoint_url
    attempts = [
        (f"{url}/{bucket}", "GET"),
        (f"{url}/{bucket}?delete", "POST"),
        (f"{url}/{bucket}/intake/x.jpg", "PUT"),
        (f"{url}/{bucket}/intake/x.jpg", "POST"),
        (f"{url}/{labels}/labels/x", "GET"),
        (f"{url}/{bucket}/x?Action=CreateQueue&QueueName={QUEUE}&Version=2012-11-05", "GET"),
        (f"{url}/2015-03-31/functions", "POST"),
        (f"{guarded.stage.runtime_url}/endpoints/scones-local-vehicle/invocations", "POST"),
    ]
    for address, method in attempts:
        outcome = allowed.evaluate(
            "([url, method]) => fetch(url, {method}).then((r) => r.status, () => 'refused')",
            [address, method],
        )
        assert outcome == "refused", (address, method)
    assert not queues_of_pages(guarded)


def test_another_site_cannot_use_a_signed_form_or_link(guarded: Guarded, visiting: "Page") -> None:
    s3, bucket = guarded.stage.client("s3"), guarded.stage.outputs["IntakeBucket"]
    s3.put_object(Bucket=bucket, Key="elsewhere/photo.jpg", Body=a_jpeg())
    where = {"Bucket": bucket, "Key": "elsewhere/photo.jpg"}
    url = s3.generate_presigned_url("get_object", Params=where)
    visiting.goto(guarded.site("evil.localhost"))
    for cors in (True, False):
        assert visiting.evaluate(LOAD, [url, cors]) == 0
    form = s3.generate_presigned_post(bucket, "elsewhere/new.jpg")
    visiting.evaluate(SUBMIT, [form["url"], form["fields"]])
    visiting.set_input_files(
        "#file", files={"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": a_jpeg()}
    )
    with visiting.expect_response(lambda answer: answer.request.method == "POST") as posted:
        visiting.evaluate("document.forms[0].submit()")
    assert posted.value.status == 403
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix="elsewhere/new")
