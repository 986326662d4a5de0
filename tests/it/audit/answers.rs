//! What a tree claims of its endpoints: lists of URLs that change after they are written, routes that stand before
//! others, permissions, helpers and middlewares that refuse all, and the application's own entry. Each row changes the
//! same tree.

use super::claims::{Edit, changed, claims};

const URLS: &str = "thor-backend/FutureTrading/urls.py";
const ROOT: &str = "thor-backend/thor_project/urls.py";
const VIEWS: &str = "thor-backend/FutureTrading/views.py";
const SETTINGS: &str = "thor-backend/thor_project/settings.py";
const ASGI: &str = "thor-backend/thor_project/asgi.py";
const INDEX: &str = "thor-frontend/index.html";
const MAIN: &str = "thor-frontend/src/main.tsx";

const ALL: [&str; 4] = ["account_balance", "global_market", "intraday", "positions"];
const GET: &str = "        market = request.query_params.get(\"market\")\n";
const CLASS: &str = "class SessionView(APIView):\n";

fn each(rows: &[(&str, &[Edit<'_>])], wanted: &[&str]) {
    for (what, edits) in rows {
        claims(what, &changed(edits, ""), wanted);
    }
}

/// Lines after the list of URLs.
fn after(lines: &str) -> String {
    let text = std::fs::read_to_string(super::fixture("a").join(URLS)).expect("a file");
    format!("{text}\n{lines}\n")
}

#[test]
fn a_list_of_urls_that_loses_one_later_is_a_claim() {
    let rows = [
        ("all are taken out", "urlpatterns.clear()"),
        ("emptied", "urlpatterns = []"),
        ("one is deleted", "del urlpatterns[0]"),
        ("some are deleted", "del urlpatterns[:2]"),
        ("a part of it", "urlpatterns = urlpatterns[1:]"),
        ("one is popped", "urlpatterns.pop(0)"),
        ("one is removed", "urlpatterns.remove(urlpatterns[0])"),
        ("filtered", "urlpatterns = [it for it in urlpatterns if it.name != 'session']"),
        ("filtered in place", "urlpatterns[:] = [it for it in urlpatterns if wanted(it)]"),
        ("filtered by a function", "urlpatterns = list(filter(wanted, urlpatterns))"),
        (
            "emptied where the settings say so",
            "from django.conf import settings\nif settings.LIVE:\n    urlpatterns = []",
        ),
    ];
    for (what, lines) in rows {
        claims(what, &changed(&[(URLS, "", &after(lines))], ""), &["intraday"]);
    }
}

#[test]
fn a_list_of_urls_that_is_put_together_otherwise_is_none() {
    let rows = [
        ("sorted", "urlpatterns = sorted(urlpatterns, key=str)"),
        ("a list of it", "urlpatterns = list(urlpatterns)"),
        ("more", "urlpatterns += [path('health', health)]"),
        ("more by append", "urlpatterns.append(path('health', health))"),
        (
            "more in debug",
            "from django.conf import settings\nif settings.DEBUG:\n    urlpatterns += [path('debug', health)]",
        ),
        (
            "formatted",
            "from rest_framework.urlpatterns import format_suffix_patterns\nurlpatterns = format_suffix_patterns(urlpatterns)",
        ),
        ("wrapped", "urlpatterns = [path('', include(urlpatterns))]"),
        ("copied", "urlpatterns = [*urlpatterns, path('health', health)]"),
        ("all of them", "urlpatterns = [it for it in urlpatterns]"),
    ];
    for (what, lines) in rows {
        claims(what, &changed(&[(URLS, "", &after(lines))], ""), &[]);
    }
}

#[test]
fn a_route_that_stands_where_it_is_not_always_served_is_a_claim() {
    let rows: [(&str, &[Edit<'_>]); 5] = [
        (
            "settings",
            &[
                (ROOT, "    path(\"api/\", include(\"FutureTrading.urls\")),\n", ""),
                (
                    ROOT,
                    "# One set of",
                    "from django.conf import settings\n\nif settings.POLLING:\n    urlpatterns += [path(\"api/\", include(\"FutureTrading.urls\"))]\n\n# One set of",
                ),
            ],
        ),
        (
            "a constant",
            &[
                (ROOT, "    path(\"api/\", include(\"FutureTrading.urls\")),\n", ""),
                (
                    ROOT,
                    "# One set of",
                    "if False:\n    urlpatterns += [path(\"api/\", include(\"FutureTrading.urls\"))]\n\n# One set of",
                ),
            ],
        ),
        (
            "another stands before it",
            &[
                (
                    ROOT,
                    "    path(\"api/\", include(\"FutureTrading.urls\")),",
                    "    re_path(r\"^api/session.*\", gone),\n    path(\"api/\", include(\"FutureTrading.urls\")),",
                ),
                (
                    ROOT,
                    "urlpatterns = [",
                    "from django.http import HttpResponseGone\n\n\ndef gone(request):\n    return HttpResponseGone()\n\n\nurlpatterns = [",
                ),
            ],
        ),
        (
            "the same path stands before it",
            &[
                (
                    ROOT,
                    "    path(\"api/\", include(\"FutureTrading.urls\")),",
                    "    path(\"api/session\", gone),\n    path(\"api/\", include(\"FutureTrading.urls\")),",
                ),
                (
                    ROOT,
                    "urlpatterns = [",
                    "from django.http import HttpResponseGone\n\n\ndef gone(request):\n    return HttpResponseGone()\n\n\nurlpatterns = [",
                ),
            ],
        ),
        (
            "all of the path stands before it",
            &[
                (
                    ROOT,
                    "    path(\"api/\", include(\"FutureTrading.urls\")),",
                    "    path(\"api/<path:rest>\", gone),\n    path(\"api/\", include(\"FutureTrading.urls\")),",
                ),
                (
                    ROOT,
                    "urlpatterns = [",
                    "from django.http import HttpResponseGone\n\n\ndef gone(request, rest):\n    return HttpResponseGone()\n\n\nurlpatterns = [",
                ),
            ],
        ),
    ];
    each(&rows[..4], &["intraday"]);
    each(&rows[4..], &["global_market", "intraday"]);
    let innocent: [(&str, &[Edit<'_>]); 2] = [
        (
            "what refuses all stands behind",
            &[
                (
                    ROOT,
                    "    path(\"api/feed/\"",
                    "    path(\"api/<path:rest>\", gone),\n    path(\"api/feed/\"",
                ),
                (
                    ROOT,
                    "# One set of",
                    "urlpatterns = urlpatterns[:]\n\n\ndef gone(request, rest):\n    return 1\n\n\n# One set of",
                ),
                (ROOT, "urlpatterns = urlpatterns[:]\n\n\n", ""),
            ],
        ),
        (
            "another path stands before it",
            &[
                (
                    ROOT,
                    "    path(\"api/\", include(\"FutureTrading.urls\")),",
                    "    re_path(r\"^api/sessions/old$\", gone),\n    path(\"api/\", include(\"FutureTrading.urls\")),",
                ),
                (ROOT, "urlpatterns = [", "def gone(request):\n    return 1\n\n\nurlpatterns = ["),
            ],
        ),
    ];
    each(&innocent[1..], &[]);
}

#[test]
fn a_view_that_lets_nobody_in_is_a_claim() {
    let class = |lines: &str| format!("{CLASS}{lines}\n");
    let nobody = "class Nobody(BasePermission):\n    def has_permission(self, request, view):\n        return False\n\n\n";
    let rows = [
        ("a permission that nobody has", format!("{nobody}{}", class("    permission_classes = [Nobody]\n"))),
        (
            "a permission by the base",
            format!(
                "{nobody}class Closed:\n    permission_classes = (Nobody,)\n\n\nclass SessionView(Closed, APIView):\n"
            ),
        ),
        (
            "one of several permissions",
            format!("{nobody}{}", class("    permission_classes = [IsAuthenticated, Nobody]\n")),
        ),
        (
            "permissions that are made",
            format!("{nobody}{}", class("    def get_permissions(self):\n        return [Nobody()]\n")),
        ),
        (
            "permissions that are checked",
            class("    def check_permissions(self, request):\n        raise PermissionDenied\n"),
        ),
        (
            "the answer is made another one",
            class(
                "    def finalize_response(self, request, response, *args, **kwargs):\n        return Response(status=410)\n",
            ),
        ),
        ("throttled for good", class("    def check_throttles(self, request):\n        raise Throttled()\n")),
    ];
    for (what, lines) in rows {
        claims(what, &changed(&[(VIEWS, CLASS, &lines)], ""), &["intraday"]);
    }
    let helper = |call: &str, body: &str| {
        [
            (VIEWS, GET, format!("        {call}\n{GET}")),
            (VIEWS, CLASS, format!("def refuse(request):\n{body}\n\n\n{CLASS}")),
        ]
    };
    let rows = [
        ("a helper that raises", helper("refuse(request)", "    raise Http404"), true),
        (
            "a helper that raises in each case",
            helper(
                "refuse(request)",
                "    if request.user:\n        raise PermissionDenied\n    raise Http404",
            ),
            true,
        ),
        (
            "a helper that may raise",
            helper("refuse(request)", "    if request.user:\n        raise PermissionDenied"),
            false,
        ),
        (
            "a helper whose exception is caught",
            helper(
                "try:\n            refuse(request)\n        except Http404:\n            pass",
                "    raise Http404",
            ),
            false,
        ),
        (
            "a helper whose answer is not given back",
            helper("refuse(request)", "    return Response(status=410)"),
            false,
        ),
        (
            "a helper's answer that is always there",
            helper(
                "answer = refuse(request)\n        if answer:\n            return answer",
                "    return Response(status=410)",
            ),
            false,
        ),
    ];
    for (what, edits, is_claimed) in rows {
        let edits: Vec<Edit<'_>> = edits.iter().map(|(path, from, to)| (*path, *from, to.as_str())).collect();
        let wanted: &[&str] = if is_claimed { &["intraday"] } else { &[] };
        claims(what, &changed(&edits, ""), wanted);
    }
    let innocent = [
        ("a permission that somebody has", class("    permission_classes = [IsAuthenticated]\n")),
        (
            "a permission of the tree's own",
            format!(
                "class Own(BasePermission):\n    def has_permission(self, request, view):\n        return request.user.is_staff\n\n\n{}",
                class("    permission_classes = [Own]\n")
            ),
        ),
        (
            "one permission or another",
            format!("{nobody}{}", class("    permission_classes = [IsAuthenticated | Nobody]\n")),
        ),
        ("what is not allowed", format!("{nobody}{}", class("    permission_classes = [~Nobody]\n"))),
        (
            "an object's permission",
            format!(
                "class Own(BasePermission):\n    def has_object_permission(self, request, view, it):\n        return False\n\n\n{}",
                class("    permission_classes = [Own]\n")
            ),
        ),
        (
            "permission to read",
            format!(
                "class Own(BasePermission):\n    def has_permission(self, request, view):\n        if request.method in SAFE_METHODS:\n            return True\n        return False\n\n\n{}",
                class("    permission_classes = [Own]\n")
            ),
        ),
        (
            "headers on the answer",
            class(
                "    def finalize_response(self, request, response, *args, **kwargs):\n        response = super().finalize_response(request, response, *args, **kwargs)\n        response[\"X-Old\"] = \"1\"\n        return response\n",
            ),
        ),
        (
            "a timed decorator with try and finally",
            format!(
                "def timed(view):\n    @wraps(view)\n    def inner(request, *args, **kwargs):\n        try:\n            return view(request, *args, **kwargs)\n        finally:\n            print(request)\n    return inner\n\n\n@method_decorator(timed, name=\"dispatch\")\n{CLASS}"
            ),
        ),
        (
            "a decorator that keeps the answer",
            format!(
                "def timed(view):\n    def inner(request, *args, **kwargs):\n        start = time.monotonic()\n        try:\n            response = view(request, *args, **kwargs)\n        except Exception:\n            logger.exception(\"failed\")\n            raise\n        finally:\n            print(time.monotonic() - start)\n        return response\n    return inner\n\n\n@method_decorator(timed, name=\"dispatch\")\n{CLASS}"
            ),
        ),
        (
            "a dispatch with try and finally",
            class(
                "    def dispatch(self, request, *args, **kwargs):\n        try:\n            return super().dispatch(request, *args, **kwargs)\n        finally:\n            print(request)\n",
            ),
        ),
        (
            "a dispatch that raises again",
            class(
                "    def dispatch(self, request, *args, **kwargs):\n        try:\n            return super().dispatch(request, *args, **kwargs)\n        except Exception:\n            print(request)\n            raise\n",
            ),
        ),
    ];
    for (what, lines) in innocent {
        let head = "from functools import wraps\nfrom django.utils.decorators import method_decorator\nfrom rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated\nfrom rest_framework.response";
        claims(
            what,
            &changed(&[(VIEWS, CLASS, &lines), (VIEWS, "from rest_framework.response", head)], ""),
            &[],
        );
    }
}

#[test]
fn a_middleware_that_refuses_is_a_claim_however_it_is_named() {
    let gone = "class Gone:\n    def __init__(self, get_response):\n        self.get_response = get_response\n\n    def __call__(self, request):\n        if is_gone(request):\n            return HttpResponse(status=410)\n        return self.get_response(request)\n\n\ndef is_gone(request):\n    return request.path.startswith(\"/api/session\")\n\n\n";
    let by_path = gone
        .replace("is_gone(request):\n            return", "is_gone(request.path):\n            return")
        .replace("def is_gone(request):\n    return request.path.", "def is_gone(path):\n    return path.");
    let own = gone.replace("if is_gone(request)", "if self.is_gone(request)").replace(
        "\n\ndef is_gone(request):\n    return",
        "\n    def is_gone(self, request):\n        return",
    );
    let view = "class Gone:\n    def process_view(self, request, view, args, kwargs):\n        if request.path == \"/api/session\":\n            return HttpResponse(status=410)\n\n\n";
    let list = "MIDDLEWARE = [\"FutureTrading.views.Gone\"]\nASGI_APPLICATION";
    let rows = [
        ("a helper that is given the request", gone.to_owned(), list),
        ("a helper that is given the path", by_path, list),
        ("a method of its own", own, list),
        ("before the view", view.to_owned(), list),
        (
            "appended",
            view.to_owned(),
            "MIDDLEWARE = []\nMIDDLEWARE.append(\"FutureTrading.views.Gone\")\nASGI_APPLICATION",
        ),
        (
            "inserted",
            view.to_owned(),
            "MIDDLEWARE = []\nMIDDLEWARE.insert(0, \"FutureTrading.views.Gone\")\nASGI_APPLICATION",
        ),
        (
            "added",
            view.to_owned(),
            "MIDDLEWARE = []\nMIDDLEWARE += [\"FutureTrading.views.Gone\"]\nASGI_APPLICATION",
        ),
        (
            "put together",
            view.to_owned(),
            "MIDDLEWARE = [] + [\"FutureTrading.views.Gone\"]\nASGI_APPLICATION",
        ),
        ("a tuple", view.to_owned(), "MIDDLEWARE = (\"FutureTrading.views.Gone\",)\nASGI_APPLICATION"),
        (
            "from another list",
            view.to_owned(),
            "OWN = [\"FutureTrading.views.Gone\"]\nMIDDLEWARE = [*OWN]\nASGI_APPLICATION",
        ),
    ];
    for (what, lines, settings) in rows {
        claims(
            what,
            &changed(
                &[(VIEWS, CLASS, &format!("{lines}{CLASS}")), (SETTINGS, "ASGI_APPLICATION", settings)],
                "",
            ),
            &["intraday"],
        );
    }
    let base = [
        (
            "thor-backend/FutureTrading/base.py",
            "",
            "from django.http import HttpResponse\n\n\nclass Closed:\n    def __init__(self, get_response):\n        self.get_response = get_response\n\n    def __call__(self, request):\n        if request.path == \"/api/session\":\n            return HttpResponse(status=410)\n        return self.get_response(request)\n",
        ),
        (
            VIEWS,
            CLASS,
            "from FutureTrading.base import Closed\n\n\nclass Gone(Closed):\n    pass\n\n\nclass SessionView(APIView):\n",
        ),
        (SETTINGS, "ASGI_APPLICATION", list),
    ];
    claims("by its base", &changed(&base, ""), &["intraday"]);
    let innocent = [
        (
            "a helper that asks for more",
            gone.replace(
                "return request.path.startswith(\"/api/session\")",
                "return request.path.startswith(\"/api/session\") and request.headers.get(\"X-Old\")",
            ),
            list,
        ),
        ("a helper of another path", gone.replace("/api/session", "/api/other"), list),
        ("not in the list", gone.to_owned(), "MIDDLEWARE = []\nASGI_APPLICATION"),
    ];
    for (what, lines, settings) in innocent {
        claims(
            what,
            &changed(
                &[(VIEWS, CLASS, &format!("{lines}{CLASS}")), (SETTINGS, "ASGI_APPLICATION", settings)],
                "",
            ),
            &[],
        );
    }
}

#[test]
fn an_application_that_nothing_starts_is_a_claim() {
    let rows: [(&str, &[Edit<'_>]); 3] = [
        (
            "the page loads no script",
            &[(INDEX, "    <script type=\"module\" src=\"/src/main.tsx\"></script>\n", "")],
        ),
        (
            "the script renders nothing",
            &[(MAIN, "createRoot(document.getElementById('root')!).render(<App />)\n", "")],
        ),
        ("HTTP is routed to nothing", &[(ASGI, "\"http\": django_app, ", "")]),
    ];
    each(&rows, &ALL);
    let innocent: [(&str, &[Edit<'_>]); 2] = [
        (
            "the script moves",
            &[
                (INDEX, "/src/main.tsx", "/src/start.tsx"),
                ("thor-frontend/src/start.tsx", "", "import './main'\n"),
            ],
        ),
        ("HTTP by another name", &[(ASGI, "\"http\": django_app", "\"http\": get_asgi_application()")]),
    ];
    each(&innocent, &[]);
}

#[test]
fn what_was_not_known_does_not_hide_what_is_certain() {
    let folder = changed(&[], "");
    let views = folder.path().join(VIEWS);
    let text = std::fs::read_to_string(&views).expect("a file").replace(CLASS, "@method_decorator(traced, name=\"dispatch\")\nclass SessionView(APIView):\n").replace("from rest_framework.response", "from django.utils.decorators import method_decorator\nfrom tracing import traced\nfrom rest_framework.response");
    std::fs::write(&views, &text).expect("written");
    super::git(folder.path(), &["commit", "-qam", "traced"]);
    claims("not known before, either", &folder, &[]);
    std::fs::write(&views, text.replace(GET, "        raise Http404\n")).expect("written");
    claims("it refuses now", &folder, &["intraday"]);
}
