//! How messages are put together and handed on in Python: each send is found as what it is, or said to be unknown.

use thor_cutover::model::facts::audit::{AuditReport, FindingKind};

use super::{audit_at, write};

const CONSUMER: &str = r#"from channels.generic.websocket import AsyncJsonWebsocketConsumer
class C(AsyncJsonWebsocketConsumer):
    async def connect(self):
        await self.channel_layer.group_add("g", self.channel_name)
        await self.accept()
    async def account_balance(self, event):
        await self.send_json(event)
"#;

const HEAD: &str = r#"from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
"#;

/// Each sends the balance.
const FOUND: &[(&str, &str)] = &[
    (
        "plain",
        r#"def push(d):
    async_to_sync(get_channel_layer().group_send)("g", {"type": "account_balance", "data": d})
push({})
"#,
    ),
    (
        "celery task",
        r#"from celery import shared_task
@shared_task
def push(kind, d):
    async_to_sync(get_channel_layer().group_send)("g", {"type": kind, "data": d})
def view(request):
    push.delay("account_balance", {})
url = view
view(None)
"#,
    ),
    (
        "celery apply_async",
        r#"from celery import shared_task
@shared_task
def push(kind, d):
    async_to_sync(get_channel_layer().group_send)("g", {"type": kind, "data": d})
push.apply_async(args=["account_balance", {}])
"#,
    ),
    (
        "executor",
        r#"from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor()
def push(kind, d):
    async_to_sync(get_channel_layer().group_send)("g", {"type": kind, "data": d})
pool.submit(push, "account_balance", {})
"#,
    ),
    (
        "thread",
        r#"import threading
def push(kind, d):
    async_to_sync(get_channel_layer().group_send)("g", {"type": kind, "data": d})
threading.Thread(target=push, args=("account_balance", {})).start()
"#,
    ),
    (
        "create_task",
        r#"import asyncio
async def push(kind, d):
    await get_channel_layer().group_send("g", {"type": kind, "data": d})
async def main():
    asyncio.create_task(push("account_balance", {}))
asyncio.run(main())
"#,
    ),
    (
        "kwargs spread",
        r#"def push(**message):
    async_to_sync(get_channel_layer().group_send)("g", message)
push(type="account_balance", data={})
"#,
    ),
    (
        "dict merge",
        r#"BASE = {"type": "account_balance"}
def push(d):
    async_to_sync(get_channel_layer().group_send)("g", BASE | {"data": d})
push({})
"#,
    ),
    (
        "dict update",
        r#"def push(d):
    m = {"data": d}
    m.update(type="account_balance")
    async_to_sync(get_channel_layer().group_send)("g", m)
push({})
"#,
    ),
    (
        "fstring",
        r#"FEATURES = ["balance"]
def push(d):
    for f in FEATURES:
        async_to_sync(get_channel_layer().group_send)("g", {"type": f"account_{f}", "data": d})
push({})
"#,
    ),
    (
        "enum value",
        r#"from enum import Enum
class T(Enum):
    B = "account_balance"
def push(t: T, d):
    async_to_sync(get_channel_layer().group_send)("g", {"type": t.value, "data": d})
push(T.B, {})
"#,
    ),
    (
        "textchoices",
        r#"from django.db import models
class T(models.TextChoices):
    B = "account_balance", "Balance"
def push(t, d):
    async_to_sync(get_channel_layer().group_send)("g", {"type": t, "data": d})
push(T.B, {})
"#,
    ),
    (
        "strenum",
        r#"from enum import StrEnum, auto
class T(StrEnum):
    ACCOUNT_BALANCE = auto()
    OTHER = auto()
def push(t, d):
    async_to_sync(get_channel_layer().group_send)("g", {"type": t, "data": d})
push(T.ACCOUNT_BALANCE, {})
"#,
    ),
    (
        "strenum value by its module",
        r#"import enum
class T(str, enum.ReprEnum):
    OTHER = "other"
class Kind(enum.StrEnum):
    Account_Balance = enum.auto()
def push(d):
    async_to_sync(get_channel_layer().group_send)("g", {"type": f"{Kind.Account_Balance.value}", "data": d})
push({})
"#,
    ),
    (
        "textchoices auto",
        r#"from django.db import models
from enum import auto
class T(models.TextChoices):
    account_balance = auto()
def push(t, d):
    async_to_sync(get_channel_layer().group_send)("g", {"type": t.value, "data": d})
push(T.account_balance, {})
"#,
    ),
    (
        "pydantic",
        r#"from pydantic import BaseModel
from typing import Literal
class Balance(BaseModel):
    type: Literal["account_balance"] = "account_balance"
    data: dict
def push(m):
    async_to_sync(get_channel_layer().group_send)("g", m.model_dump())
push(Balance(data={}))
"#,
    ),
    (
        "namedtuple",
        r#"from typing import NamedTuple
class Balance(NamedTuple):
    data: dict
    type: str = "account_balance"
def push(m):
    async_to_sync(get_channel_layer().group_send)("g", m._asdict())
push(Balance({}))
"#,
    ),
    (
        "mapping table",
        r#"TYPES = {"balance": "account_balance"}
def push(feature, d):
    async_to_sync(get_channel_layer().group_send)("g", {"type": TYPES[feature], "data": d})
push("balance", {})
"#,
    ),
    (
        "class attr subclasses",
        r#"class Pusher:
    kind = None
    def push(self, d):
        async_to_sync(get_channel_layer().group_send)("g", {"type": self.kind, "data": d})
class BalancePusher(Pusher):
    kind = "account_balance"
BalancePusher().push({})
"#,
    ),
    (
        "decorator",
        r#"import functools
def broadcasts(kind):
    def wrap(fn):
        @functools.wraps(fn)
        def inner(*a, **k):
            d = fn(*a, **k)
            async_to_sync(get_channel_layer().group_send)("g", {"type": kind, "data": d})
            return d
        return inner
    return wrap
@broadcasts("account_balance")
def balance():
    return {}
balance()
"#,
    ),
    (
        "module alias",
        r#"import asgiref.sync as s
layer = get_channel_layer()
send = s.async_to_sync(layer.group_send)
def push(d):
    send("g", dict(type="account_balance", data=d))
push({})
"#,
    ),
    (
        "settings type",
        r#"from django.conf import settings
def push(d):
    async_to_sync(get_channel_layer().group_send)("g", {"type": settings.BALANCE_TYPE, "data": d})
push({})
"#,
    ),
    (
        "replace dots",
        r#"def push(kind, d):
    async_to_sync(get_channel_layer().group_send)("g", {"type": kind.replace(".", "_"), "data": d})
push("account.balance", {})
"#,
    ),
    (
        "multi groups",
        r#"async def push(d):
    layer = get_channel_layer()
    import asyncio
    await asyncio.gather(*[layer.group_send(g, {"type": "account_balance", "data": d}) for g in ("g", "h")])
import asyncio
asyncio.run(push({}))
"#,
    ),
    (
        "getattr",
        r#"def push(d):
    async_to_sync(getattr(get_channel_layer(), "group_send"))("g", {"type": "account_balance", "data": d})
push({})
"#,
    ),
    (
        "getattr awaited",
        r#"import asyncio
async def push(d):
    layer = get_channel_layer()
    await getattr(layer, "group_send")("g", {"type": "account_balance", "data": d})
asyncio.run(push({}))
"#,
    ),
    (
        "getattr by a constant",
        r#"import asyncio
METHOD = "group_send"
async def push(d):
    await getattr(get_channel_layer(), METHOD)("g", {"type": "account_balance", "data": d})
asyncio.run(push({}))
"#,
    ),
    (
        "getattr kept",
        r#"def push(d):
    send = async_to_sync(getattr(get_channel_layer(), "group_send"))
    send("g", {"type": "account_balance", "data": d})
push({})
"#,
    ),
    (
        "getattr with a default",
        r#"import asyncio
async def nothing(group, message): pass
async def push(d):
    await getattr(get_channel_layer(), "group_send", nothing)("g", {"type": "account_balance", "data": d})
asyncio.run(push({}))
"#,
    ),
    (
        "a bound method kept",
        r#"import asyncio
async def push(d):
    send = get_channel_layer().group_send
    await send("g", {"type": "account_balance", "data": d})
asyncio.run(push({}))
"#,
    ),
    (
        "a bound method as an attribute",
        r#"import asyncio
class Pusher:
    def __init__(self):
        self.post = get_channel_layer().group_send
    async def push(self, d):
        await self.post("g", {"type": "account_balance", "data": d})
asyncio.run(Pusher().push({}))
"#,
    ),
    (
        "partial with the group",
        r#"import asyncio
from functools import partial
async def push(d):
    send = partial(get_channel_layer().group_send, "g")
    await send({"type": "account_balance", "data": d})
asyncio.run(push({}))
"#,
    ),
    (
        "a sender that a function gives",
        r#"def sender():
    return async_to_sync(get_channel_layer().group_send)
def push(d):
    sender()("g", {"type": "account_balance", "data": d})
push({})
"#,
    ),
    (
        "a sender in a record",
        r#"SENDERS = {"group": async_to_sync(get_channel_layer().group_send)}
def push(d):
    SENDERS["group"]("g", {"type": "account_balance", "data": d})
push({})
"#,
    ),
    (
        "getattr by a parameter",
        r#"import asyncio
async def push(how, d):
    layer = get_channel_layer()
    await getattr(layer, how)("g", d)
asyncio.run(push("group_send", {"type": "account_balance"}))
"#,
    ),
    (
        "a dataclass's first field",
        r#"from dataclasses import asdict, dataclass, field
@dataclass
class Message:
    type: str
    data: dict = field(default_factory=dict)
    def as_event(self):
        return asdict(self)
def push(d):
    async_to_sync(get_channel_layer().group_send)("g", Message("account_balance", d).as_event())
push({})
"#,
    ),
    (
        "what a constructor keeps",
        r#"class Message:
    def __init__(self, topic, data):
        self.type = topic
        self.data = data
    def to_dict(self):
        return self.__dict__
def push(d):
    async_to_sync(get_channel_layer().group_send)("g", Message("account_balance", d).to_dict())
push({})
"#,
    ),
    (
        "an object that is called",
        r#"class Notifier:
    def __init__(self):
        self.layer = get_channel_layer()
    def __call__(self, kind, d):
        async_to_sync(self.layer.group_send)("g", {"type": kind, "data": d})
notify = Notifier()
notify("account_balance", {})
"#,
    ),
    (
        "an object that is called, as a field",
        r#"class Notifier:
    def __call__(self, kind, d):
        async_to_sync(get_channel_layer().group_send)("g", {"type": kind, "data": d})
class Service:
    def __init__(self):
        self.notify = Notifier()
    def run(self):
        self.notify(d={}, kind="account_balance")
Service().run()
"#,
    ),
    (
        "a class attribute two classes down, by a tuple",
        r#"class Pusher:
    topic = None
    def push(self, d):
        async_to_sync(get_channel_layer().group_send)("g", {"type": self.topic, "data": d})
class Feed(Pusher):
    pass
class BalanceFeed(Feed):
    topic, every = "account_balance", 1.0
BalanceFeed().push({})
"#,
    ),
];

/// Of each nobody can say from this tree what it sends.
const UNKNOWN: &[(&str, &str)] = &[
    (
        "exec",
        r#"def push(d):
    layer = get_channel_layer()
    exec("async_to_sync(layer.group_send)('g', {'type': 'account_balance', 'data': d})")
push({})
"#,
    ),
    (
        "queue",
        r#"import queue, threading
q = queue.Queue()
def worker():
    layer = get_channel_layer()
    while True:
        kind, d = q.get()
        async_to_sync(layer.group_send)("g", {"type": kind, "data": d})
threading.Thread(target=worker).start()
def put():
    q.put(("account_balance", {}))
put()
"#,
    ),
    (
        "signal",
        r#"from django.dispatch import Signal
moved = Signal()
def on(sender, kind, data, **kw):
    async_to_sync(get_channel_layer().group_send)("g", {"type": kind, "data": data})
moved.connect(on)
moved.send(sender=None, kind="account_balance", data={})
"#,
    ),
    (
        "external input",
        r#"import json
def push(raw):
    async_to_sync(get_channel_layer().group_send)("g", json.loads(raw))
push(input())
"#,
    ),
    (
        "redis listener",
        r#"import json, redis
def listen():
    p = redis.Redis().pubsub()
    for m in p.listen():
        body = json.loads(m["data"])
        async_to_sync(get_channel_layer().group_send)("g", {"type": body["type"], "data": body})
listen()
"#,
    ),
    (
        "handed to what cannot be followed",
        r#"from somewhere import relay
def push(d):
    relay(get_channel_layer().group_send, d)
push({})
"#,
    ),
    (
        "an argument list",
        r#"import asyncio
async def push(*given):
    await get_channel_layer().group_send(*given)
asyncio.run(push("g", {"type": "account_balance"}))
"#,
    ),
    (
        "mapped over groups",
        r#"from concurrent.futures import ThreadPoolExecutor
def push(groups, messages):
    send = async_to_sync(get_channel_layer().group_send)
    ThreadPoolExecutor().map(async_to_sync(get_channel_layer().group_send), groups, messages)
push([], [])
"#,
    ),
];

pub fn of_module(text: &str) -> AuditReport {
    let tree = tempfile::tempdir().expect("a folder");
    write(tree.path(), "manage.py", "");
    write(tree.path(), "app/__init__.py", "");
    let settings = "ROOT_URLCONF = 'app.urls'\nINSTALLED_APPS = []\nBALANCE_TYPE = 'account_balance'\n";
    write(tree.path(), "app/settings.py", settings);
    write(tree.path(), "app/urls.py", "urlpatterns = []\n");
    write(tree.path(), "app/consumers.py", CONSUMER);
    write(tree.path(), "app/push.py", format!("{HEAD}{text}"));
    audit_at(tree.path(), "a")
}

/// Nothing of these is wrong, whatever it is called.
const ALARMS: [FindingKind; 4] = [
    FindingKind::HandlerMissing,
    FindingKind::UnawaitedBroadcast,
    FindingKind::UnknownKeywordArgument,
    FindingKind::MissingArgument,
];

#[test]
fn a_send_is_found_however_it_is_put_together() {
    let mut wrong = Vec::new();
    for (name, text) in FOUND {
        let report = of_module(text);
        let sends = report.findings.iter().any(|it| {
            it.kind == FindingKind::Broadcast && it.feature.as_deref() == Some("account_balance") && !it.inert
        });
        let alarm = report.findings.iter().any(|it| ALARMS.contains(&it.kind));
        if !sends || alarm || !report.searched.unparsed.is_empty() {
            wrong.push(format!("{name}: {:#?}", report.findings));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), FOUND.len(), wrong.join("\n"));
}

#[test]
fn a_send_of_which_nobody_knows_the_type_is_unknown_and_belongs_to_every_feature() {
    for (name, text) in UNKNOWN {
        let report = of_module(text);
        let unknown = report.findings.iter().filter(|it| it.kind == FindingKind::UnresolvedBroadcast).count();
        assert_eq!(unknown, 1, "{name}: {:#?}", report.findings);
        assert!(report.features.iter().all(|facts| facts.unresolved.len() == 1), "{name}");
        assert!(
            !report.findings.iter().any(|it| ALARMS.contains(&it.kind)),
            "{name}: {:#?}",
            report.findings
        );
    }
}
