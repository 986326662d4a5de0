//! Whether the application leads to a page that polls: sure only where every import can be followed.

use thor_cutover::model::facts::audit::FindingKind;

use super::shapes::of_page;

const POLLS: &str = "import { useEffect } from 'react'\nimport api from '../api'\n\
     export default function Balance() {\n  useEffect(() => { setInterval(() => api.get('/accounts/balance/'), 1000) }, [])\n  return null\n}\n";

/// What the entry's page does with the other one, and whether that one is known to be left out.
const PAGES: &[(&str, bool)] = &[
    ("import Balance from './pages/Balance'\nexport function Page() { return <Balance/> }\n", false),
    (
        "import { lazy } from 'react'\nconst Balance = lazy(() => import('./pages/Balance'))\nexport function Page() { return <Balance/> }\n",
        false,
    ),
    (
        "import { lazy } from 'react'\nconst page = (name) => lazy(() => import(`./pages/${name}.tsx`))\nexport function Page({ name }) { const Shown = page(name); return <Shown/> }\n",
        false,
    ),
    ("const pages = import.meta.glob('./pages/*.tsx')\nexport function Page() { return pages }\n", false),
    ("export function Page() { return null }\n", true),
    (
        "export function Page() { new Worker(new URL('./pages/Balance.tsx', import.meta.url), { type: 'module' }); return null }\n",
        false,
    ),
];

#[test]
fn a_page_is_left_out_only_where_no_import_may_lead_to_it() {
    for (page, left_out) in PAGES {
        let report = of_page(page, &[("pages/Balance.tsx", POLLS)]);
        let pollers: Vec<_> = report.findings.iter().filter(|it| it.kind == FindingKind::Poller).collect();
        let [poller] = pollers[..] else { panic!("{page}: {pollers:#?}") };
        assert_eq!((poller.feature.as_deref(), poller.inert), (Some("account_balance"), *left_out), "{page}");
    }
}
