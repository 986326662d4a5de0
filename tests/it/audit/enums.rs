//! Names that Python makes out of a member's own name: `auto()` in a `StrEnum`, as a part of a URL.

use thor_cutover::model::facts::audit::FindingKind;

use super::{audit_at, write};

const URLS: &str = "from enum import StrEnum, auto\nfrom django.urls import include, path\nfrom . import views\n\
     class Route(StrEnum):\n    BALANCE = auto()\n    ORDERS = auto()\n\
     inner = [path(f\"{Route.BALANCE}/\", views.balance), path(Route.ORDERS + \"/\", views.orders)]\n\
     urlpatterns = [path(\"api/accounts/\", include(inner))]\n";

#[test]
fn an_automatic_member_of_a_strenum_is_its_name_in_small_letters() {
    let tree = tempfile::tempdir().unwrap();
    write(tree.path(), "manage.py", "");
    write(tree.path(), "thor/__init__.py", "");
    write(tree.path(), "thor/settings.py", "INSTALLED_APPS = []\nROOT_URLCONF = 'thor.urls'\n");
    write(tree.path(), "thor/urls.py", URLS);
    write(
        tree.path(),
        "thor/views.py",
        "def balance(request):\n    return 1\ndef orders(request):\n    return 2\n",
    );
    let report = audit_at(tree.path(), "a");
    let routes: Vec<&String> = report.routes.iter().collect();
    assert_eq!(routes, ["/api/accounts/balance/", "/api/accounts/orders/"]);
    let own = report.findings.iter().filter(|it| it.feature.as_deref() == Some("account_balance"));
    let found: Vec<(FindingKind, &str)> = own.map(|it| (it.kind, it.symbol.as_str())).collect();
    assert!(found.contains(&(FindingKind::RestView, "balance")), "{found:?}");
}
