//! Trees that misbehave, and what cannot be resolved.

use thor_cutover::audit::{AuditOptions, SourceTree, audit, fingerprints};
use thor_cutover::model::facts::fingerprint::CodeFingerprint;

use super::closure::subjects;
use super::of_tree;
use crate::audit::{names, write};

fn balance(files: &[(&str, &str)]) -> CodeFingerprint {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(path, text)| write(folder.path(), path, text));
    of_tree(&SourceTree::read(folder.path(), &[]).unwrap(), &names("a")).remove("account_balance").unwrap()
}

/// A sender and its consumer, with a helper to be varied.
fn with_helper(helper: &str) -> [(&str, &str); 4] {
    [
        ("srv/manage.py", ""),
        (
            "srv/rt/send.py",
            "from asgiref.sync import async_to_sync\nfrom channels.layers import get_channel_layer\n\
             from rt.helper import cash\n\n\ndef push():\n    async_to_sync(get_channel_layer().group_send)(\"all\", \
             {\"type\": \"account_balance\", \"data\": {\"cash\": cash()}})\n\n\npush()\n",
        ),
        (
            "srv/rt/consumer.py",
            "from channels.generic.websocket import AsyncJsonWebsocketConsumer\n\n\n\
             class Live(AsyncJsonWebsocketConsumer):\n    groups = [\"all\"]\n\n\
             \x20   async def account_balance(self, event):\n        await self.send_json(event)\n",
        ),
        ("srv/rt/helper.py", helper),
    ]
}

fn lapses(before: &str, after: &str) -> bool {
    !balance(&with_helper(before)).changes(&balance(&with_helper(after)), false).is_empty()
}

#[test]
fn whatever_gives_a_name_its_meaning_counts() {
    let cases: &[(&str, &str, &str)] = &[
        ("a constant", "A = 1\ndef cash():\n    return A\n", "A = 2\ndef cash():\n    return A\n"),
        ("a key blank", "def cash():\n    return {'a b': 1}\n", "def cash():\n    return {'ab': 1}\n"),
        (
            "what is added to a constant",
            "A = []\nA.append(1)\ndef cash():\n    return A\n",
            "A = []\nA.append(2)\ndef cash():\n    return A\n",
        ),
        (
            "a global that another function writes",
            "A = 1\ndef cash():\n    return A\ndef other():\n    global A\n    A = 3\n",
            "A = 1\ndef cash():\n    return A\ndef other():\n    global A\n    A = 4\n",
        ),
        (
            "the base of a class",
            "class B:\n    def f(self): return 1\nclass C(B): pass\ndef cash():\n    return C().f()\n",
            "class B:\n    def f(self): return 2\nclass C(B): pass\ndef cash():\n    return C().f()\n",
        ),
        (
            "which of two definitions is the last",
            "def cash():\n    return 1\ndef cash():\n    return 2\n",
            "def cash():\n    return 2\ndef cash():\n    return 1\n",
        ),
        (
            "a condition around a definition",
            "X = 1\nif X:\n    def cash():\n        return 1\nelse:\n    def cash():\n        return 2\n",
            "X = 1\nif not X:\n    def cash():\n        return 1\nelse:\n    def cash():\n        return 2\n",
        ),
        (
            "an import under a condition",
            "try:\n    from a import cash\nexcept ImportError:\n    from b import cash\n",
            "try:\n    from b import cash\nexcept ImportError:\n    from a import cash\n",
        ),
        (
            "an import inside the function",
            "def cash():\n    from decimal import Decimal as D\n    return D(1)\n",
            "def cash():\n    from fractions import Fraction as D\n    return D(1)\n",
        ),
        (
            "a builtin that is hidden",
            "def cash():\n    return round(1.5)\n",
            "def round(x):\n    return 0\ndef cash():\n    return round(1.5)\n",
        ),
        (
            "a decorator's own code",
            "def d(f):\n    return f\n@d\ndef cash():\n    return 1\n",
            "def d(f):\n    return lambda: 0\n@d\ndef cash():\n    return 1\n",
        ),
        (
            "a default argument",
            "A = 1\ndef cash(a=A):\n    return a\n",
            "A = 2\ndef cash(a=A):\n    return a\n",
        ),
        (
            "a name that nothing binds: the whole file",
            "def cash():\n    return made_up()\n\n\ndef x():\n    return 1\n",
            "def cash():\n    return made_up()\n\n\ndef x():\n    return 2\n",
        ),
        (
            "what is looked up by a text: the whole file",
            "def cash():\n    return globals()['x']()\ndef x():\n    return 1\n",
            "def cash():\n    return globals()['x']()\ndef x():\n    return 2\n",
        ),
        (
            "a syntax error: the whole file",
            "def cash():\n    return 1\n)\nx = 1\n",
            "def cash():\n    return 1\n)\nx = 2\n",
        ),
        (
            "indentation alone",
            "def cash():\n    a = 1\n    if not a:\n        a = 2\n    a = 3\n    return a\n",
            "def cash():\n    a = 1\n    if not a:\n        a = 2\n        a = 3\n    return a\n",
        ),
        (
            "a text that is a value, though it stands alone on its line",
            "def cash():\n    return (\n        'a'\n    )\n",
            "def cash():\n    return (\n        'b'\n    )\n",
        ),
    ];
    for (name, before, after) in cases {
        assert!(lapses(before, after), "{name}");
        assert!(!lapses(before, before), "{name}, unchanged");
    }
}

#[test]
fn what_is_beside_it_does_not() {
    let cases: &[(&str, &str, &str)] = &[
        (
            "another function",
            "def cash():\n    return 1\ndef x():\n    return 1\n",
            "def cash():\n    return 1\ndef x():\n    return 2\n",
        ),
        (
            "a local name like another function's",
            "def cash():\n    x = 1\n    return x\ndef x():\n    return 1\n",
            "def cash():\n    x = 1\n    return x\ndef x():\n    return 2\n",
        ),
        (
            "another name of the same import",
            "from decimal import Decimal, Context\ndef cash():\n    return Decimal(1)\n",
            "from decimal import Decimal\ndef cash():\n    return Decimal(1)\n",
        ),
        (
            "line breaks in brackets",
            "def cash():\n    return (1 + 2)\n",
            "def cash():\n    return (\n        1\n        + 2)\n",
        ),
        (
            "a docstring of several lines",
            "def cash():\n    '''a'''\n    return 1\n",
            "def cash():\n    '''b\n\n    if x:\n    '''\n    return 1\n",
        ),
    ];
    for (name, before, after) in cases {
        assert!(!lapses(before, after), "{name}");
    }
}

#[test]
fn a_feature_whose_sender_is_not_found_depends_on_every_python_file() {
    let tree = |text: &str| {
        balance(&[("manage.py", ""), ("a.py", "def far_away():\n    return 1\n"), ("b.py", text)])
    };
    let before = tree("x = 1\n");
    assert_eq!(before.definitions[0].name, "every Python file");
    assert!(!before.changes(&tree("x = 2\n"), false).is_empty());
    assert!(before.changes(&tree("x = 1  # one\n"), false).is_empty());
}

/// Circles, depth, bytes that are no text, and nothing at all.
#[test]
fn hostile_trees_end_with_a_fingerprint() {
    let [mut subject, _] = subjects();
    let deep = format!("x = {}1{}\n", "[".repeat(50_000), "]".repeat(50_000));
    let helpers: Vec<String> = vec![
        deep,
        "from rt.helper import cash\n".to_owned(),
        "from rt.helper import *\nfrom rt.send import *\n".to_owned(),
        "def cash(:\n\u{0}".to_owned(),
        "class A(B): pass\nclass B(A):\n    def cash(self): return A\ncash = B().cash\n".to_owned(),
        format!("def cash():\n    return {}\n", "(lambda: ".repeat(150) + "1" + &")".repeat(150)),
        (0..3_000).map(|at| format!("def f{at}():\n    return f{}()\n", at + 1)).collect::<String>()
            + "cash = f0\n",
    ];
    for helper in &helpers {
        let code = balance(&with_helper(helper));
        assert!(!code.definitions.is_empty(), "{}", &helper[..helper.len().min(40)]);
        assert_eq!(code.changes(&balance(&with_helper(helper)), false), []);
    }
    for file in &mut subject.tree.files {
        file.text.clear();
    }
    let report = audit(&subject.tree, &subject.names, &AuditOptions::thor());
    assert_eq!(fingerprints(&subject.tree, &report).len(), 4);
}
