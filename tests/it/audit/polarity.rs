//! Which way round a WebSocket flag counts: a poller that runs while the flag is off is a fallback; one that runs only
//! while it is on does not run today, and that is a claim.

use super::claims::{Edit, all};

const USE_BALANCE: &str = "thor-frontend/src/hooks/useBalance.ts";
const ORDERS: &str = "thor-frontend/src/pages/OrdersPage.tsx";
const BOARD: &str = "thor-frontend/src/pages/SessionBoard.tsx";
const REGISTER: &str = "thor-backend/thor_project/realtime/register.py";

const LINE: &str = "    registry.register(MarketMetricsJob(interval_seconds=10))\n";
const IMPORT: &str = "import { useBalance } from '@/hooks/useBalance'\n";
const WITH_FLAG: &str = "import { useBalance } from '@/hooks/useBalance'\nimport { useWebSocketEnabled } from '@/websocket/cutover'\n";
const HOOK: &str = "  const { balance } = useBalance('PAPER', 5000)\n";
const LIVE: &str =
    "  const { balance } = useBalance('PAPER', 5000)\n  const live = useWebSocketEnabled('positions')\n";
const EFFECT: &str = "    void load()\n    const timer";
const ACCOUNT: &str = "import { fetchBalance, type Balance } from '@/services/account'\n";
const ACCOUNT_FLAG: &str = "import { fetchBalance, type Balance } from '@/services/account'\nimport { FEATURE_FLAGS } from '@/websocket/cutover'\n";

#[test]
fn a_query_that_asks_only_while_the_flag_is_on_is_a_claim() {
    let rows: [(&str, &[Edit<'_>]); 5] = [
        (
            "enabled",
            &[
                (ORDERS, IMPORT, WITH_FLAG),
                (ORDERS, HOOK, LIVE),
                (ORDERS, "15_000,", "15_000,\n    enabled: live,"),
            ],
        ),
        (
            "an interval with the flag",
            &[
                (ORDERS, IMPORT, WITH_FLAG),
                (ORDERS, HOOK, LIVE),
                (ORDERS, "15_000,", "live ? 15_000 : false,"),
            ],
        ),
        (
            "an interval and the flag",
            &[(ORDERS, IMPORT, WITH_FLAG), (ORDERS, HOOK, LIVE), (ORDERS, "15_000,", "live && 15_000,")],
        ),
        (
            "a function of the flag",
            &[
                (ORDERS, IMPORT, WITH_FLAG),
                (ORDERS, HOOK, LIVE),
                (ORDERS, "15_000,", "() => (live ? 15_000 : false),"),
            ],
        ),
        (
            "by the environment",
            &[(
                ORDERS,
                "15_000,",
                "15_000,\n    enabled: import.meta.env.VITE_WS_FEATURE_POSITIONS === 'true',",
            )],
        ),
    ];
    all(&rows, &["positions"]);
}

#[test]
fn a_timer_that_asks_only_while_the_flag_is_on_is_a_claim() {
    let rows: [(&str, &[Edit<'_>]); 4] = [
        (
            "it returns before",
            &[
                (USE_BALANCE, ACCOUNT, ACCOUNT_FLAG),
                (
                    USE_BALANCE,
                    EFFECT,
                    "    void load()\n    if (!FEATURE_FLAGS.account_balance) return\n    const timer",
                ),
            ],
        ),
        (
            "by a name",
            &[
                (USE_BALANCE, ACCOUNT, ACCOUNT_FLAG),
                (
                    USE_BALANCE,
                    EFFECT,
                    "    void load()\n    const wsEnabled = FEATURE_FLAGS.account_balance\n    if (!wsEnabled) return\n    const timer",
                ),
            ],
        ),
        (
            "the callback returns",
            &[
                (USE_BALANCE, ACCOUNT, ACCOUNT_FLAG),
                (
                    USE_BALANCE,
                    "window.setInterval(load, intervalMs)",
                    "window.setInterval(() => {\n      if (!FEATURE_FLAGS.account_balance) return\n      void load()\n    }, intervalMs)",
                ),
            ],
        ),
        (
            "by the environment",
            &[(
                USE_BALANCE,
                EFFECT,
                "    void load()\n    if (import.meta.env.VITE_WS_FEATURE_ACCOUNT_BALANCE !== 'true') return\n    const timer",
            )],
        ),
    ];
    all(&rows, &["account_balance"]);
    let tick: [(&str, &[Edit<'_>]); 1] = [(
        "on a tick",
        &[
            (
                BOARD,
                "    fetchSession('USA', 'ES').then(setBar)\n",
                "    if (!FEATURE_FLAGS.intraday) return\n    fetchSession('USA', 'ES').then(setBar)\n",
            ),
            (
                BOARD,
                "import { useTick }",
                "import { FEATURE_FLAGS } from '@/websocket/cutover'\nimport { useTick }",
            ),
        ],
    )];
    all(&tick, &["intraday"]);
}

#[test]
fn a_job_that_is_registered_only_while_the_flag_is_on_is_a_claim() {
    let rows: [(&str, &[Edit<'_>]); 3] = [
        (
            "by the environment",
            &[(
                REGISTER,
                LINE,
                "    import os\n    if os.environ.get(\"WS_FEATURE_POSITIONS\") == \"true\":\n        registry.register(MarketMetricsJob(interval_seconds=10))\n",
            )],
        ),
        (
            "by a return",
            &[(
                REGISTER,
                LINE,
                "    import os\n    if os.environ.get(\"WS_FEATURE_POSITIONS\", \"false\").lower() != \"true\":\n        return\n    registry.register(MarketMetricsJob(interval_seconds=10))\n",
            )],
        ),
        (
            "by the flags",
            &[(
                REGISTER,
                LINE,
                "    from api.websocket.feature_flags import WebSocketFeatureFlags\n    if WebSocketFeatureFlags().is_positions_enabled():\n        registry.register(MarketMetricsJob(interval_seconds=10))\n",
            )],
        ),
    ];
    all(&rows, &["account_balance", "global_market", "positions"]);
}

#[test]
fn what_runs_while_the_flag_is_off_is_a_fallback() {
    let rows: [(&str, &[Edit<'_>]); 11] = [
        (
            "a query that is enabled",
            &[
                (ORDERS, IMPORT, WITH_FLAG),
                (ORDERS, HOOK, LIVE),
                (ORDERS, "15_000,", "15_000,\n    enabled: !live,"),
            ],
        ),
        (
            "an interval",
            &[
                (ORDERS, IMPORT, WITH_FLAG),
                (ORDERS, HOOK, LIVE),
                (ORDERS, "15_000,", "live ? false : 15_000,"),
            ],
        ),
        (
            "a slower interval",
            &[
                (ORDERS, IMPORT, WITH_FLAG),
                (ORDERS, HOOK, LIVE),
                (ORDERS, "15_000,", "live ? 3_600_000 : 15_000,"),
            ],
        ),
        (
            "a function",
            &[
                (ORDERS, IMPORT, WITH_FLAG),
                (ORDERS, HOOK, LIVE),
                (ORDERS, "15_000,", "() => (live ? false : 15_000),"),
            ],
        ),
        (
            "by the environment",
            &[(
                ORDERS,
                "15_000,",
                "15_000,\n    enabled: import.meta.env.VITE_WS_FEATURE_POSITIONS !== 'true',",
            )],
        ),
        (
            "a timer",
            &[
                (USE_BALANCE, ACCOUNT, ACCOUNT_FLAG),
                (
                    USE_BALANCE,
                    EFFECT,
                    "    void load()\n    if (FEATURE_FLAGS.account_balance) return\n    const timer",
                ),
            ],
        ),
        (
            "a name for the other way round",
            &[
                (USE_BALANCE, ACCOUNT, ACCOUNT_FLAG),
                (
                    USE_BALANCE,
                    EFFECT,
                    "    void load()\n    const restOnly = !FEATURE_FLAGS.account_balance\n    if (!restOnly) return\n    const timer",
                ),
            ],
        ),
        (
            "a callback",
            &[
                (USE_BALANCE, ACCOUNT, ACCOUNT_FLAG),
                (
                    USE_BALANCE,
                    "window.setInterval(load, intervalMs)",
                    "window.setInterval(() => {\n      if (FEATURE_FLAGS.account_balance) return\n      void load()\n    }, intervalMs)",
                ),
            ],
        ),
        (
            "on a tick",
            &[
                (
                    BOARD,
                    "    fetchSession('USA', 'ES').then(setBar)\n",
                    "    if (FEATURE_FLAGS.intraday) return\n    fetchSession('USA', 'ES').then(setBar)\n",
                ),
                (
                    BOARD,
                    "import { useTick }",
                    "import { FEATURE_FLAGS } from '@/websocket/cutover'\nimport { useTick }",
                ),
            ],
        ),
        (
            "a job",
            &[(
                REGISTER,
                LINE,
                "    import os\n    if os.environ.get(\"WS_FEATURE_POSITIONS\") != \"true\":\n        registry.register(MarketMetricsJob(interval_seconds=10))\n",
            )],
        ),
        (
            "a job, by the flags",
            &[(
                REGISTER,
                LINE,
                "    from api.websocket.feature_flags import WebSocketFeatureFlags\n    if not WebSocketFeatureFlags().is_positions_enabled():\n        registry.register(MarketMetricsJob(interval_seconds=10))\n",
            )],
        ),
    ];
    all(&rows, &[]);
}
