//! What a tree claims of pollers that still stand in it: behind a state that never changes, a reference that is set
//! once, a variable of the build, a client that turns requests away. Each hostile row has its innocent twin.

use super::claims::{Edit, all};

const USE_BALANCE: &str = "thor-frontend/src/hooks/useBalance.ts";
const ORDERS: &str = "thor-frontend/src/pages/OrdersPage.tsx";
const BOARD: &str = "thor-frontend/src/pages/SessionBoard.tsx";
const TICK: &str = "thor-frontend/src/context/TickContext.tsx";
const API: &str = "thor-frontend/src/lib/api.ts";
const APP: &str = "thor-frontend/src/App.tsx";

const TIMER: &str = "window.setInterval(load, intervalMs)";
const EFFECT: &str = "    void load()\n    const timer";
const STATE: &str = "  const [balance, setBalance] = useState<Balance | null>(null)\n";
const WITH_REF: &str =
    "  const [balance, setBalance] = useState<Balance | null>(null)\n  const done = useRef(false)\n";
const ASKS: &str = "    fetchSession('USA', 'ES').then(setBar)\n";
const MARKETS: &str = "thor-frontend/src/pages/MarketsPage.tsx";
const GET: &str = "export async function getJson";

#[test]
fn a_poller_that_stands_there_and_no_longer_asks_is_a_claim() {
    let balance: [(&str, &[Edit<'_>]); 4] = [
        (
            "once, by a reference",
            &[
                (USE_BALANCE, STATE, WITH_REF),
                (
                    USE_BALANCE,
                    TIMER,
                    "window.setInterval(() => {\n      if (done.current) return\n      done.current = true\n      void load()\n    }, intervalMs)",
                ),
            ],
        ),
        (
            "behind a variable of the build",
            &[(
                USE_BALANCE,
                EFFECT,
                "    void load()\n    if (!import.meta.env.VITE_POLLING) return\n    const timer",
            )],
        ),
        (
            "behind a variable of the build, by a name",
            &[
                (
                    USE_BALANCE,
                    EFFECT,
                    "    void load()\n    if (POLLING) {\n      return\n    }\n    const timer",
                ),
                (
                    USE_BALANCE,
                    "export function",
                    "const POLLING = import.meta.env.VITE_QUIET === '1'\n\nexport function",
                ),
            ],
        ),
        (
            "cleared on the spot",
            &[(
                USE_BALANCE,
                "    return () => window.clearInterval(timer)",
                "    clearInterval(timer)\n    return undefined",
            )],
        ),
    ];
    all(&balance, &["account_balance"]);
    let tick: [(&str, &[Edit<'_>]); 4] = [
        ("a state that stays", &[(TICK, "(previous) => previous + 1", "(previous) => previous")]),
        ("a state that is set to the same", &[(TICK, "setTick((previous) => previous + 1)", "setTick(0)")]),
        (
            "once, by a reference",
            &[
                (
                    BOARD,
                    ASKS,
                    "    if (done.current) return\n    done.current = true\n    fetchSession('USA', 'ES').then(setBar)\n",
                ),
                (
                    BOARD,
                    "  const tick = useTick()\n",
                    "  const tick = useTick()\n  const done = useRef(false)\n",
                ),
            ],
        ),
        ("without its provider", &[(APP, "<TickProvider>", "<>"), (APP, "</TickProvider>", "</>")]),
    ];
    all(&tick, &["intraday"]);
    let orders: [(&str, &[Edit<'_>]); 4] = [
        ("a function that says no", &[(ORDERS, "15_000,", "() => false,")]),
        ("a function of the query that says no", &[(ORDERS, "15_000,", "(query) => false,")]),
        (
            "a function with a body that says no",
            &[(ORDERS, "15_000,", "() => {\n      return false\n    },")],
        ),
        (
            "a variable of the build",
            &[(ORDERS, "15_000,", "15_000,\n    enabled: Boolean(import.meta.env.VITE_POLLING),")],
        ),
    ];
    all(&orders, &["positions"]);
    let client: [(&str, &[Edit<'_>]); 1] = [(
        "a client that turns requests away",
        &[(
            API,
            GET,
            "api.interceptors.request.use(() => Promise.reject(new Error('retired')))\n\nexport async function getJson",
        )],
    )];
    all(&client, &["account_balance", "global_market", "positions"]);
}

#[test]
fn a_poller_that_asks_in_other_words_is_none() {
    let rows: [(&str, &[Edit<'_>]); 9] = [
        (
            "one at a time, by a reference",
            &[
                (USE_BALANCE, STATE, WITH_REF),
                (
                    USE_BALANCE,
                    TIMER,
                    "window.setInterval(async () => {\n      if (done.current) return\n      done.current = true\n      try {\n        await load()\n      } finally {\n        done.current = false\n      }\n    }, intervalMs)",
                ),
            ],
        ),
        (
            "begun once, by a reference",
            &[
                (USE_BALANCE, STATE, WITH_REF),
                (
                    USE_BALANCE,
                    EFFECT,
                    "    void load()\n    if (done.current) return\n    done.current = true\n    const timer",
                ),
            ],
        ),
        (
            "in the browser only",
            &[(USE_BALANCE, EFFECT, "    void load()\n    if (import.meta.env.SSR) return\n    const timer")],
        ),
        (
            "another way to count",
            &[(TICK, "(previous) => previous + 1", "(previous) => (previous + 1) % 3600")],
        ),
        ("a clock", &[(TICK, "setTick((previous) => previous + 1)", "setTick(Date.now())")]),
        ("a function that says how often", &[(ORDERS, "15_000,", "() => 15_000,")]),
        (
            "a function that says no after an error",
            &[(ORDERS, "15_000,", "(query) => (query.state.error ? false : 15_000),")],
        ),
        (
            "a client that adds a header",
            &[(
                API,
                GET,
                "api.interceptors.request.use((config) => {\n  config.headers.set('X-Client', 'thor')\n  return config\n})\n\nexport async function getJson",
            )],
        ),
        (
            "another element around the pages",
            &[(APP, "      <HeaderClock />\n", "      <header>\n        <HeaderClock />\n      </header>\n")],
        ),
    ];
    all(&rows, &[]);
}

#[test]
fn slowed_is_below_the_stream_or_to_a_fifth() {
    let rows: [(&str, &[Edit<'_>]); 2] = [
        ("nine times", &[(MARKETS, "60_000 : 1000", "60_000 : 9000")]),
        ("below the stream", &[(MARKETS, "60_000 : 1000", "90_000 : 90_000")]),
    ];
    all(&rows, &["global_market"]);
    let less: [(&str, &[Edit<'_>]); 3] = [
        ("twice", &[(MARKETS, "60_000 : 1000", "60_000 : 2000")]),
        ("rounded", &[(ORDERS, "15_000,", "16_000,")]),
        ("faster", &[(ORDERS, "15_000,", "10_000,")]),
    ];
    all(&less, &[]);
}
