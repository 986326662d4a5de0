//! Which message a call of a helper sends, and whether what is sent reaches a consumer. Each row that sends nothing has
//! its innocent twin.

use std::collections::BTreeSet;

use thor_cutover::model::facts::audit::{AuditReport, FindingKind};

use super::sends::of_module;
use super::{audit_at, write};

/// The features whose message is sent by something that can happen.
fn sent(report: &AuditReport) -> BTreeSet<&str> {
    let live = report.findings.iter().filter(|it| it.kind == FindingKind::Broadcast && !it.inert);
    live.filter_map(|it| it.feature.as_deref()).collect()
}

const BALANCE: &[&str] = &["account_balance"];

#[test]
fn a_type_that_stands_in_a_table_is_that_of_the_key_that_is_given() {
    let rows: &[(&str, &str, &str, &[&str])] = &[
        (
            "by its key",
            "def tell(what, data):\n    async_to_sync(get_channel_layer().group_send)('g', dict(type=KINDS[what], data=data))\n",
            "tell('balance', 1)\n",
            BALANCE,
        ),
        (
            "by `get`",
            "def tell(what, data):\n    kind = KINDS.get(what)\n    async_to_sync(get_channel_layer().group_send)('g', {'type': kind, 'data': data})\n",
            "tell('balance', 1)\n",
            BALANCE,
        ),
        (
            "through another function",
            "def tell(what, data):\n    send(KINDS[what], data)\ndef send(kind, data):\n    async_to_sync(get_channel_layer().group_send)('g', {'type': kind, 'data': data})\n",
            "def own(name):\n    tell(name, 1)\nown('balance')\n",
            BALANCE,
        ),
        (
            "by a constant",
            "def tell(what, data):\n    async_to_sync(get_channel_layer().group_send)('g', {'type': KINDS[what], 'data': data})\n",
            "OWN = 'balance'\ntell(what=OWN, data=1)\n",
            BALANCE,
        ),
        (
            "by a default",
            "def tell(data, what='balance'):\n    async_to_sync(get_channel_layer().group_send)('g', {'type': KINDS[what], 'data': data})\n",
            "tell(1)\n",
            BALANCE,
        ),
        (
            "each by a loop",
            "def tell(what, data):\n    async_to_sync(get_channel_layer().group_send)('g', {'type': KINDS[what], 'data': data})\n",
            "for what in ('balance', 'market'):\n    tell(what, 1)\n",
            &["account_balance", "global_market"],
        ),
        (
            "by what nobody knows",
            "def tell(what, data):\n    async_to_sync(get_channel_layer().group_send)('g', {'type': KINDS[what], 'data': data})\n",
            "import sys\ntell(sys.argv[1], 1)\n",
            &["account_balance", "global_market", "positions"],
        ),
        (
            "by a key that is not there",
            "def tell(what, data):\n    async_to_sync(get_channel_layer().group_send)('g', {'type': KINDS[what], 'data': data})\n",
            "tell('bar', 1)\n",
            &[],
        ),
        (
            "never",
            "def tell(what, data):\n    async_to_sync(get_channel_layer().group_send)('g', {'type': KINDS[what], 'data': data})\n",
            "",
            &[],
        ),
    ];
    let table =
        "KINDS = {'balance': 'account_balance', 'market': 'market_status', 'positions': 'positions'}\n";
    for (what, helper, calls, wanted) in rows {
        let report = of_module(&format!("{table}{helper}{calls}"));
        assert_eq!(sent(&report), wanted.iter().copied().collect(), "{what}: {:#?}", report.findings);
    }
}

#[test]
fn what_never_gets_to_the_channel_layer_is_not_sent() {
    let rows: &[(&str, &str, &[&str])] = &[
        ("where there is no layer", "    if layer is not None:\n        return\n", &[]),
        ("where there is one", "    if layer is None:\n        return\n", BALANCE),
        ("where it counts as none", "    if layer:\n        return\n", &[]),
        ("where it counts as one", "    if not layer:\n        return\n", BALANCE),
        ("behind a return", "    return\n", &[]),
        ("behind the absence of data", "    if data is None:\n        return\n", BALANCE),
        ("behind the presence of data", "    if data is not None:\n        data = [data]\n", BALANCE),
    ];
    for (what, test, wanted) in rows {
        let report = of_module(&format!(
            "def push(kind, data):\n    layer = get_channel_layer()\n{test}    async_to_sync(layer.group_send)('g', {{'type': kind, 'data': data}})\n\
             def balance(data):\n    push('account_balance', data)\nbalance(1)\n"
        ));
        assert_eq!(sent(&report), wanted.iter().copied().collect(), "{what}: {:#?}", report.findings);
    }
}

#[test]
fn a_helper_that_awaits_nothing_sends_nothing_whoever_awaits_it() {
    let rows: &[(&str, &str, &str, &[&str])] = &[
        ("awaited", "        await self.layer", "        await self.out.put", BALANCE),
        ("not awaited inside", "        self.layer", "        await self.out.put", &[]),
        ("not awaited outside", "        await self.layer", "        self.out.put", &[]),
        ("returned", "        return self.layer", "        await self.out.put", BALANCE),
        (
            "a task of its own",
            "        await self.layer",
            "        put = self.out.put; asyncio.create_task",
            BALANCE,
        ),
    ];
    for (what, inside, outside, wanted) in rows {
        let call = match outside.strip_suffix("create_task") {
            Some(_) => format!("{outside}(put('account_balance', 1))"),
            None => format!("{outside}('account_balance', 1)"),
        };
        let report = of_module(&format!(
            "import asyncio\nclass Outbox:\n    def __init__(self, layer=None):\n        self.layer = layer or get_channel_layer()\n    \
             async def put(self, kind, data):\n{inside}.group_send('g', {{'type': kind, 'data': data}})\n\
             class Loop:\n    def __init__(self):\n        self.out = Outbox()\n    async def step(self):\n{call}\n\
             asyncio.run(Loop().step())\n"
        ));
        assert_eq!(sent(&report), wanted.iter().copied().collect(), "{what}: {:#?}", report.findings);
    }
}

/// A tree whose consumer joins a group in these words, and whose sender sends to this one.
fn of_groups(consumer: &str, sends_to: &str) -> AuditReport {
    let tree = tempfile::tempdir().expect("a folder");
    write(tree.path(), "manage.py", "");
    write(tree.path(), "app/__init__.py", "");
    write(tree.path(), "app/settings.py", "ROOT_URLCONF = 'app.urls'\nINSTALLED_APPS = []\nGROUP = 'g'\n");
    write(tree.path(), "app/urls.py", "urlpatterns = []\n");
    write(tree.path(), "app/names.py", "import os\nGROUP = 'g'\nSET = os.environ['GROUP']\n");
    let head = "from channels.generic.websocket import AsyncJsonWebsocketConsumer\nfrom elsewhere import Joins\n\
                from app.names import GROUP, SET\nclass C(BASES):\n    async def account_balance(self, event):\n        \
                await self.send_json(event)\n";
    let bases = if consumer.contains("inherits") {
        "Joins, AsyncJsonWebsocketConsumer"
    } else {
        "AsyncJsonWebsocketConsumer"
    };
    write(tree.path(), "app/consumers.py", format!("{}{consumer}", head.replace("BASES", bases)));
    let push = format!(
        "from asgiref.sync import async_to_sync\nfrom channels.layers import get_channel_layer\nfrom app.names import GROUP, SET\n\
         async_to_sync(get_channel_layer().group_send)({sends_to}, {{'type': 'account_balance', 'data': 1}})\n"
    );
    write(tree.path(), "app/push.py", push);
    audit_at(tree.path(), "a")
}

#[test]
fn a_group_that_no_consumer_joins_gets_nothing_and_one_that_is_not_known_may() {
    let join = |group: &str| {
        format!(
            "    async def connect(self):\n        await self.channel_layer.group_add({group}, self.channel_name)\n"
        )
    };
    let helper = "async def join(consumer, group):\n    await consumer.channel_layer.group_add(group, consumer.channel_name)\n";
    let rows: Vec<(&str, String, &str, &[&str])> = vec![
        ("the same", join("'g'"), "'g'", BALANCE),
        ("another", join("'h'"), "'g'", &[]),
        ("the same by a constant", join("GROUP"), "'g'", BALANCE),
        ("another by a constant", join("GROUP"), "'h'", &[]),
        ("none", "    pass\n".to_owned(), "'g'", &[]),
        ("by an attribute", "    groups = ['g']\n".to_owned(), "'g'", BALANCE),
        ("another by an attribute", "    groups = ('h',)\n".to_owned(), "'g'", &[]),
        ("a field", format!("    own = 'g'\n{}", join("self.own")), "'g'", BALANCE),
        ("not known to the consumer", join("SET"), "'g'", BALANCE),
        ("not known to the sender", join("'h'"), "SET", BALANCE),
        ("of each user", join("f'user_{self.scope}'"), "'g'", BALANCE),
        ("by a function", format!("    pass\n{helper}"), "'g'", BALANCE),
        ("by a base from elsewhere", "    inherits = True\n".to_owned(), "'g'", BALANCE),
        (
            "added and taken out",
            format!("{}        await self.channel_layer.group_add('h', 'x')\n", join("'g'")),
            "'h'",
            BALANCE,
        ),
    ];
    for (what, consumer, sends_to, wanted) in rows {
        let report = of_groups(&consumer, sends_to);
        assert_eq!(sent(&report), wanted.iter().copied().collect(), "{what}: {:#?}", report.findings);
    }
}

#[test]
fn a_group_that_is_not_known_is_said() {
    let report = of_groups("    groups = ['h']\n", "SET");
    let said = report.findings.iter().find(|it| it.kind == FindingKind::Broadcast).expect("a broadcast");
    assert!(said.reason.contains("whether a consumer joins its group is not known"), "{}", said.reason);
}
