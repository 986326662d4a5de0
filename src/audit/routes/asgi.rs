//! The application's entry on the server: whether what `ASGI_APPLICATION` names takes HTTP.

use crate::audit::code::Expr;
use crate::audit::program::{Program, Site};

/// Why HTTP may not lead to the routes; `None` where it does, or something else than ASGI may serve them.
pub(super) fn unserved(program: &Program<'_>) -> Option<String> {
    let settings = program.settings();
    let top = |unit: usize| Site { unit, function: 0 };
    let by_wsgi =
        settings.iter().any(|unit| program.assigned_at_top(top(*unit), "WSGI_APPLICATION").is_some())
            || program.python_units().any(|unit| program.path(unit).ends_with("wsgi.py"));
    if by_wsgi {
        return None;
    }
    settings.iter().find_map(|unit| {
        let named = program.assigned_at_top(top(*unit), "ASGI_APPLICATION")?;
        let dotted = program.texts(named, top(*unit), None).first()?.exact()?;
        let (module, name) = dotted.rsplit_once('.')?;
        let served = program.python_modules().resolve(program.path(*unit), module)?;
        let application = program.assigned_at_top(top(served), name)?;
        let (call, owner) = program.results_of(application, top(served)).next()?;
        if call.callee.last_name() != "ProtocolTypeRouter" {
            return None;
        }
        let (entries, _) = program.records(call.positional(0)?, owner).next()?;
        let keys: Option<Vec<&str>> =
            entries.iter().map(|it| it.key.as_ref().and_then(Expr::literal)).collect();
        (!keys?.contains(&"http")).then(|| format!("{dotted} routes no HTTP"))
    })
}
