//! What a tree claims of its pollers: a hook's own switch, its interval and the call that starts it. Each row changes
//! the same tree.

use super::claims::{Edit, changed, claims};

const HOOK: &str = "thor-frontend/src/hooks/useBalance.ts";
const CARD: &str = "thor-frontend/src/components/BalanceCard.tsx";
const ORDERS: &str = "thor-frontend/src/pages/OrdersPage.tsx";
const BOARD: &str = "thor-frontend/src/pages/SessionBoard.tsx";
const MARKETS: &str = "thor-frontend/src/pages/MarketsPage.tsx";

const SIGNATURE: &str = "(accountId?: string, intervalMs = 1000)";
const EFFECT: &str = "    void load()\n    const timer";
const CARD_CALL: &str = "useBalance()";
const ORDERS_CALL: &str = "useBalance('PAPER', 5000)";

/// The hook with a switch, as a third parameter or among options.
fn switched<'a>(signature: &'a str, card: &'a str, orders: &'a str) -> [Edit<'a>; 4] {
    [
        (HOOK, SIGNATURE, signature),
        (HOOK, EFFECT, "    if (!enabled) return\n    void load()\n    const timer"),
        (CARD, CARD_CALL, card),
        (ORDERS, ORDERS_CALL, orders),
    ]
}

const BY_PLACE: &str = "(accountId?: string, intervalMs = 1000, enabled = true)";
const BY_NAME: &str =
    "(accountId?: string, intervalMs = 1000, { enabled = true }: { enabled?: boolean } = {})";

#[test]
fn a_hook_that_is_switched_off_by_its_argument_is_a_claim() {
    let rows = [
        (
            "the default is off",
            "(accountId?: string, intervalMs = 1000, enabled = false)",
            "useBalance()",
            "useBalance('PAPER', 5000)",
        ),
        (
            "each call says off",
            BY_PLACE,
            "useBalance(undefined, 1000, false)",
            "useBalance('PAPER', 5000, false)",
        ),
        (
            "the named default is off",
            "(accountId?: string, intervalMs = 1000, { enabled = false } = {})",
            "useBalance()",
            "useBalance('PAPER', 5000)",
        ),
        (
            "each call says off by name",
            BY_NAME,
            "useBalance(undefined, 1000, { enabled: false })",
            "useBalance('PAPER', 5000, { enabled: false })",
        ),
        (
            "by a constant",
            "(accountId?: string, intervalMs = 1000, enabled = LEGACY)",
            "useBalance()",
            "useBalance('PAPER', 5000)",
        ),
    ];
    for (what, signature, card, orders) in rows {
        let mut edits = switched(signature, card, orders).to_vec();
        edits.push((HOOK, "export function", "const LEGACY = false\n\nexport function"));
        claims(what, &changed(&edits, ""), &["account_balance"]);
    }
}

#[test]
fn a_hook_that_somebody_switches_on_is_none() {
    let rows = [
        ("the default is on", BY_PLACE, "useBalance()", "useBalance('PAPER', 5000)"),
        ("one of two is off", BY_PLACE, "useBalance()", "useBalance('PAPER', 5000, false)"),
        (
            "each call says on",
            "(accountId?: string, intervalMs = 1000, enabled = false)",
            "useBalance(undefined, 1000, true)",
            "useBalance('PAPER', 5000, true)",
        ),
        ("by name", BY_NAME, "useBalance(undefined, 1000, { enabled: true })", "useBalance('PAPER', 5000)"),
        (
            "by a state",
            BY_PLACE,
            "useBalance(undefined, 1000, document.visibilityState === 'visible')",
            "useBalance('PAPER', 5000, !document.hidden)",
        ),
    ];
    for (what, signature, card, orders) in rows {
        claims(what, &changed(&switched(signature, card, orders), ""), &[]);
    }
}

const QUERY: &str = "import { useQuery } from '@tanstack/react-query'\nimport { fetchBalance } from '@/services/account'\n\n\
    export function useBalance(accountId?: string, intervalMs = 1000, options: { enabled?: boolean } = {}) {\n  \
    const { data, refetch } = useQuery({ queryKey: ['b'], queryFn: () => fetchBalance(accountId), REPEATS })\n  \
    return { balance: data, reload: refetch }\n}\n";

#[test]
fn a_query_that_is_switched_off_by_an_argument_is_a_claim() {
    let off =
        ("useBalance(undefined, 1000, { enabled: false })", "useBalance('PAPER', 5000, { enabled: false })");
    let on = ("useBalance()", "useBalance('PAPER', 5000, { enabled: true })");
    let rows = [
        (
            "enabled",
            "refetchInterval: intervalMs, enabled: options.enabled ?? true",
            off,
            &["account_balance"][..],
        ),
        (
            "the interval",
            "refetchInterval: (options.enabled ?? true) ? intervalMs : false",
            off,
            &["account_balance"],
        ),
        ("enabled on", "refetchInterval: intervalMs, enabled: options.enabled ?? true", on, &[]),
        ("the interval on", "refetchInterval: (options.enabled ?? true) ? intervalMs : false", on, &[]),
    ];
    for (what, repeats, (card, orders), wanted) in rows {
        let query = QUERY.replace("REPEATS", repeats);
        claims(
            what,
            &changed(&[(HOOK, "", &query), (CARD, CARD_CALL, card), (ORDERS, ORDERS_CALL, orders)], ""),
            wanted,
        );
    }
}

#[test]
fn a_poller_that_nothing_calls_any_more_is_a_claim() {
    let rows: [(&str, &[Edit<'_>], &[&str]); 4] = [
        (
            "the only call is gone",
            &[
                (BOARD, "    poll()\n    return", "    return"),
                (BOARD, "    fetchSession('USA', 'ES').then(setBar)\n", ""),
            ],
            &["intraday"],
        ),
        (
            "what a timer repeats returns at once",
            &[(HOOK, "    setBalance(await", "    return\n    setBalance(await")],
            &["account_balance"],
        ),
        (
            "what a timer repeats stands behind a constant",
            &[(HOOK, "    setBalance(await", "    if (true) return\n    setBalance(await")],
            &["account_balance"],
        ),
        (
            "it is called elsewhere",
            &[
                (BOARD, "    poll()\n    return", "    void start()\n    return"),
                (BOARD, "    async function poll", "    const start = () => poll()\n    async function poll"),
            ],
            &[],
        ),
    ];
    for (what, edits, wanted) in rows {
        claims(what, &changed(edits, ""), wanted);
    }
}

#[test]
fn an_interval_that_is_computed_is_read() {
    let slow = [
        "10 ** 8",
        "60 * MINUTE",
        "Number('3600000')",
        "parseInt('3600000', 10)",
        "Math.max(3_600_000, 15_000)",
        "1e8",
        "Math.pow(10, 8)",
        "3_600_000 / 2",
        "HOUR",
        "60 * 60 * 1000",
        "Math.round(3_600_000)",
        "Number.MAX_SAFE_INTEGER",
        "2 ** 31 - 1",
        "minutes(60)",
        "Infinity",
    ];
    let fast = [
        "1.5 * 10_000",
        "Number('15000')",
        "parseInt('15000', 10)",
        "Math.min(3_600_000, 15_000)",
        "Math.max(1000, 15_000)",
        "15 * 10 ** 3",
        "MINUTE / 4",
        "minutes(0.25)",
        "Number(import.meta.env.VITE_EVERY)",
        "parseInt('15000ms', 10)",
    ];
    let head = "const MINUTE = 60_000\nconst HOUR = 60 * MINUTE\nconst minutes = (count: number) => count * 60_000\n\nexport default";
    let slow = slow.into_iter().map(|it| (it, &["positions"][..]));
    for (interval, wanted) in slow.chain(fast.into_iter().map(|it| (it, &[][..]))) {
        let option = format!("refetchInterval: {interval}");
        claims(
            interval,
            &changed(&[(ORDERS, "export default", head), (ORDERS, "refetchInterval: 15_000", &option)], ""),
            wanted,
        );
    }
    let timer = [
        ("setInterval with a power", "10 ** 8", &["global_market"][..]),
        ("setInterval with a product", "2 * 500", &[]),
    ];
    for (what, interval, wanted) in timer {
        let rows = [
            (MARKETS, "1000)\n    return", &*format!("{interval})\n    return")),
            (MARKETS, ": 1000)", &*format!(": {interval})")),
        ];
        claims(what, &changed(&rows, ""), wanted);
    }
}
