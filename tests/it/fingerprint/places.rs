//! The definitions that a reader of the fixtures would say are behind a feature, and those that are not.
//!
//! Written by hand from the source. A place is a file and how one of its lines begins: for a `def` or a `class`
//! everything that is indented below it belongs to it, anything else is that line.

pub type Places = &'static [(&'static str, &'static str)];

/// `positions` in state b: a job that pushes, registered by a provider that a thread loads.
pub const POSITIONS: Places = &[
    ("backend/accounts/services/snapshot.py", "def positions_payload"),
    ("backend/accounts/services/snapshot.py", "class PositionsPushJob"),
    ("backend/accounts/models.py", "class Holding"),
    ("backend/accounts/models.py", "class Account("),
    ("backend/api/websocket/send.py", "GROUP_NAME ="),
    ("backend/api/websocket/send.py", "def broadcast_to_websocket_sync"),
    ("backend/api/websocket/types.py", "class WsType"),
    ("backend/api/websocket/features.py", "FEATURES ="),
    ("backend/api/websocket/features.py", "class WebSocketFeatures"),
    ("backend/api/websocket/features.py", "features ="),
    ("backend/api/websocket/consumers.py", "class ThorConsumer(PassOn, AsyncJsonWebsocketConsumer):#line"),
    ("backend/api/websocket/consumers.py", "    async def connect"),
    ("backend/api/websocket/consumers.py", "    async def positions"),
    ("backend/api/websocket/consumers.py", "    async def answer"),
    ("backend/api/websocket/routing.py", "    path(\"ws/\", ThorConsumer"),
    ("backend/heartbeat/providers/core.py", "    registry.register(PositionsPushJob()"),
    ("backend/heartbeat/registry.py", "class Registry"),
    ("backend/heartbeat/loop.py", "PROVIDERS ="),
    ("backend/heartbeat/loop.py", "class HeartbeatThread"),
    ("backend/heartbeat/loop.py", "def start"),
    ("backend/heartbeat/apps.py", "    def ready"),
    ("backend/accounts/views.py", "def positions_view"),
    ("backend/accounts/views.py", "class ActivityToday"),
    ("backend/accounts/urls.py", "    path(\"positions\""),
    ("backend/accounts/urls.py", "    path(\"activity/today\""),
    ("backend/config/urls.py", "    path(\"actandpos/\""),
    ("backend/config/urls.py", "    path(\"api/\", include(api_patterns))"),
    ("backend/config/settings.py", "ROOT_URLCONF ="),
];

pub const NOT_POSITIONS: Places = &[
    ("backend/accounts/services/snapshot.py", "async def push_balance"),
    ("backend/accounts/views.py", "def balance"),
    ("backend/accounts/urls.py", "    path(\"accounts/balance\""),
    ("backend/accounts/urls.py", "balance_patterns ="),
    ("backend/config/urls.py", "    path(\"users/\""),
    ("backend/config/urls.py", "    path(\"global-markets/\""),
    ("backend/config/urls.py", "    path(\"accounts/\""),
    ("backend/config/settings.py", "    \"nightly-capture\""),
    ("backend/heartbeat/jobs.py", "class MarketMetricsJob"),
    ("backend/heartbeat/jobs.py", "class BrokerHealthJob"),
    ("backend/heartbeat/providers/core.py", "METRICS_EVERY ="),
    ("backend/heartbeat/providers/core.py", "    metrics = MarketMetricsJob()"),
    ("backend/heartbeat/providers/core.py", "    registry.register(metrics"),
    ("backend/heartbeat/providers/core.py", "    registry.register(InlineJob(\"flush_bars\""),
    ("backend/heartbeat/providers/core.py", "        (BrokerHealthJob(), 15)"),
    ("backend/heartbeat/providers/core.py", "def provide"),
    ("backend/heartbeat/registry.py", "class InlineJob"),
    ("backend/instruments/feed.py", "def publish_quote"),
    ("backend/instruments/feed.py", "def publish_bar"),
    ("backend/instruments/feed.py", "def on_broker_tick"),
    ("backend/instruments/broker.py", "class Broker"),
    ("backend/instruments/views.py", "class InstrumentViewSet"),
    ("backend/instruments/routers.py", "router ="),
    ("backend/markets/models.py", "class MarketClock"),
    ("backend/markets/models.py", "class MinuteBar"),
    ("backend/markets/serializers.py", "class MarketClockSerializer"),
    ("backend/markets/services/bars.py", "def flush_bars"),
    ("backend/markets/services/bars.py", "def snapshot_quotes"),
    ("backend/markets/services/monitor.py", "def build_global_markets_tick"),
    ("backend/markets/services/monitor.py", "def check_markets"),
    ("backend/markets/views.py", "class MarketList"),
    ("backend/markets/views.py", "def session"),
    ("backend/markets/session_urls.py", "    re_path(r\"^session/$\""),
    ("backend/api/websocket/trail.py", "async def record"),
    ("backend/api/websocket/consumers.py", "    async def quote_tick"),
    ("backend/api/websocket/consumers.py", "    async def intraday_bar"),
    ("backend/api/websocket/consumers.py", "    async def market_24h"),
    ("backend/api/websocket/consumers.py", "class AuditTrailConsumer"),
    ("backend/api/websocket/routing.py", "    path(\"ws/trail/\""),
    ("backend/scheduling/tasks.py", "def capture_sessions"),
];

/// `account_balance` in the small tree of the checklist's tests.
pub const BALANCE: Places = &[
    ("backend/realtime/jobs.py", "class AccountBalanceJob"),
    ("backend/realtime/messages.py", "def build_account_balance_message"),
    ("backend/realtime/broadcast.py", "GROUP ="),
    ("backend/realtime/broadcast.py", "def broadcast_to_websocket_sync"),
    ("backend/realtime/consumer.py", "GROUP ="),
    ("backend/realtime/consumer.py", "class MarketDataConsumer"),
    ("backend/realtime/register.py", "    registry.register(AccountBalanceJob"),
    ("backend/realtime/engine.py", "class JobRegistry"),
    ("backend/realtime/engine.py", "def run_heartbeat"),
    ("backend/realtime/management/commands/run_heartbeat.py", "class Command"),
    ("backend/thor/asgi.py", "    {\"http\""),
    ("backend/thor/models.py", "class Account"),
    ("backend/thor/settings.py", "ROOT_URLCONF ="),
    ("backend/thor/settings.py", "ASGI_APPLICATION ="),
    ("backend/thor/urls.py", "    path(\"api/accounts/balance/\""),
    ("backend/thor/views.py", "def account_balance"),
];

pub const NOT_BALANCE: Places = &[
    ("backend/realtime/metrics.py", "class MarketMetricsJob"),
    ("backend/realtime/register.py", "    registry.register(MarketMetricsJob"),
    ("backend/thor/flags.py", "class WebSocketFeatureFlags"),
    ("backend/thor/views.py", "def flag_states"),
    ("backend/thor/urls.py", "    path(\"api/flags/\""),
];

/// The bytes of a place in a text.
pub fn range_of(text: &str, begins: &str) -> std::ops::Range<usize> {
    let (begins, only_line) = match begins.strip_suffix("#line") {
        Some(begins) => (begins, true),
        None => (begins, false),
    };
    let mut at = 0;
    let mut found: Option<std::ops::Range<usize>> = None;
    let indent = begins.len() - begins.trim_start().len();
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        let here = line.len() - line.trim_start().len();
        match &mut found {
            None if line.starts_with(begins) => {
                found = Some(at..end);
                let word = begins.trim_start();
                let has_body = ["def ", "async def ", "class "].iter().any(|it| word.starts_with(it));
                if only_line || !has_body {
                    break;
                }
            }
            Some(_) if !line.trim().is_empty() && here <= indent => break,
            Some(range) => range.end = end,
            None => {}
        }
        at = end;
    }
    found.unwrap_or_else(|| panic!("no line begins with {begins:?}"))
}
