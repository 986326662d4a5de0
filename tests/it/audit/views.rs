//! Whether a view answers a request that reads: one small tree each, however the view is refused, wrapped or changed.
//! What the audit cannot follow is neither answered nor refused: it says that it does not know.

use thor_cutover::model::facts::audit::FindingKind;

use super::{audit_at, write};

#[derive(Debug, PartialEq)]
enum Fare {
    Answers,
    Refuses(u16),
    Unknown,
}
use Fare::{Answers, Refuses, Unknown};

/// How the only route of `urls`, which stand beside these views, fares.
fn fare(views: &str, urls: &str) -> (Fare, String) {
    let tree = tempfile::tempdir().expect("a folder");
    write(tree.path(), "manage.py", "");
    write(tree.path(), "site/__init__.py", "");
    write(tree.path(), "site/settings.py", "ROOT_URLCONF = 'site.urls'\nINSTALLED_APPS = []\n");
    write(
        tree.path(),
        "site/urls.py",
        format!(
            "from functools import partial\nfrom django.urls import path\nfrom django.views.decorators.csrf import csrf_exempt\n\
             from django.views.decorators.http import require_POST, require_http_methods\n\
             from elsewhere import unknown\nfrom . import views\nfrom .views import *\n{urls}\n"
        ),
    );
    write(
        tree.path(),
        "site/views.py",
        format!(
            "from functools import wraps\nfrom http import HTTPStatus\nfrom django.http import HttpResponse, HttpResponseGone, JsonResponse\n\
             from django.utils.decorators import method_decorator\nfrom django.views import View\n\
             from django.views.decorators.cache import cache_page, never_cache\n\
             from django.views.decorators.http import require_POST, require_http_methods\n\
             from rest_framework.decorators import action, api_view\nfrom rest_framework.exceptions import APIException\n\
             from rest_framework.response import Response\nfrom rest_framework.views import APIView\n\
             from rest_framework.viewsets import ReadOnlyModelViewSet, ViewSet\nfrom elsewhere import unknown\n\n\
             def refuse(request, *args, **kwargs):\n    return HttpResponseGone()\n\n\
             def gone(view):\n    @wraps(view)\n    def inner(request, *args, **kwargs):\n        return HttpResponse(status=410)\n    return inner\n\n\
             def logged(view):\n    @wraps(view)\n    def inner(request, *args, **kwargs):\n        print(request)\n        return view(request, *args, **kwargs)\n    return inner\n\n\
             {views}\n"
        ),
    );
    let report = audit_at(tree.path(), "a");
    // A view set has one for its list and one for a single object.
    let single = |path: &str| path.contains('{');
    let mut routes =
        report.findings.iter().filter(|it| it.kind == FindingKind::RestRoute && !single(&it.symbol));
    let route = routes.next().unwrap_or_else(|| panic!("no route: {views}"));
    assert!(routes.next().is_none(), "{views}");
    let said = report.searched.unresolved.iter().any(|it| it.note.contains("whether its view answers"));
    assert_eq!(said, route.reason.contains("whether it answers is not known"), "{}", route.reason);
    let status = route.reason.rsplit_once("refuses whatever reads it: ").map(|(_, status)| status.to_owned());
    let found = match status {
        _ if said => Unknown,
        Some(status) => Refuses(status.parse().expect("a status")),
        None => Answers,
    };
    // Of what nobody knows the view itself may refuse all the same.
    assert!(said || route.inert == matches!(found, Refuses(_)), "{}", route.reason);
    (found, route.reason.clone())
}

/// What it is about, the views, the URLs, and how the route fares.
type Row = (&'static str, String, String, Fare);

fn all_fare(rows: Vec<Row>) {
    let wrong: Vec<String> = rows
        .into_iter()
        .filter_map(|(what, views, urls, wanted)| {
            let (found, reason) = fare(&views, &urls);
            (found != wanted).then(|| format!("{what}: {found:?} for {wanted:?}: {reason}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

const SESSION: &str = "urlpatterns = [path('api/session', views.Session.as_view())]";
const GET: &str = "class Session(View):\n    def get(self, request):\n        return JsonResponse({})\n";

#[test]
fn decorators_of_a_class_are_followed() {
    let rows = [
        ("no decorator", "", Answers),
        ("another method is taken", "@method_decorator(require_POST, name='dispatch')", Refuses(405)),
        ("of another method", "@method_decorator(require_POST, name='post')", Answers),
        (
            "methods without GET",
            "@method_decorator(require_http_methods(['POST']), name='dispatch')",
            Refuses(405),
        ),
        (
            "methods with GET",
            "@method_decorator(require_http_methods(['GET', 'POST']), name='dispatch')",
            Answers,
        ),
        (
            "methods nobody knows",
            "@method_decorator(require_http_methods(unknown), name='dispatch')",
            Unknown,
        ),
        ("a list of them", "@method_decorator([never_cache, gone], name='get')", Refuses(410)),
        (
            "a list by name",
            "BOTH = (never_cache, cache_page(5))\n@method_decorator(BOTH, name='dispatch')",
            Answers,
        ),
        (
            "a list that is not all known",
            "@method_decorator([never_cache, unknown], name='dispatch')",
            Unknown,
        ),
        ("one that refuses first", "@method_decorator([gone, unknown], name='dispatch')", Refuses(410)),
        ("of a method nobody knows", "@method_decorator(gone, name=unknown)", Unknown),
        ("given from elsewhere", "@method_decorator(**unknown)", Unknown),
        ("given from elsewhere for a method", "@method_decorator(*unknown, name='dispatch')", Unknown),
        ("one that hands on", "@method_decorator(logged, name='dispatch')", Answers),
        ("one from elsewhere", "@unknown", Unknown),
        (
            "one from a table",
            "TABLE = {'x': gone}\n@method_decorator(TABLE['x'], name='dispatch')",
            Refuses(410),
        ),
        ("one from a table nobody knows", "@method_decorator(unknown['x'], name='dispatch')", Unknown),
        (
            "one that registers",
            "ALL = []\ndef register(cls):\n    ALL.append(cls)\n    return cls\n\n@register",
            Answers,
        ),
        (
            "one that sets the method",
            "def closed(cls):\n    cls.get = refuse\n    return cls\n\n@closed",
            Refuses(410),
        ),
        (
            "one that may set the method",
            "def closed(cls):\n    if unknown:\n        cls.get = refuse\n    return cls\n\n@closed",
            Unknown,
        ),
        (
            "one that sets any attributes",
            "def options(**given):\n    def inner(cls):\n        for name, value in given.items():\n            setattr(cls, name, value)\n        return cls\n    return inner\n\n@options(x=1)",
            Unknown,
        ),
        (
            "one that puts another class in its place",
            "def closed(cls):\n    class Closed(cls):\n        def dispatch(self, request):\n            return HttpResponseGone()\n    return Closed\n\n@closed",
            Refuses(410),
        ),
        (
            "one that gives back what nobody knows",
            "def closed(cls):\n    return unknown(cls)\n\n@closed",
            Unknown,
        ),
    ];
    let row = |(what, decorator, wanted)| (what, format!("{decorator}\n{GET}"), SESSION.to_owned(), wanted);
    all_fare(rows.map(row).into());
}

#[test]
fn what_as_view_is_given_counts() {
    let of = |given: &str| format!("urlpatterns = [path('api/session', views.Session.as_view({given}))]");
    let set = "class Session(ViewSet):\n    def list(self, request):\n        return Response({})\n\
               \n    def create(self, request):\n        return Response({})\n\n    def retrieve(self, request):\n        return HttpResponseGone()\n";
    let rows = [
        (GET, "http_method_names=['post']", Refuses(405)),
        (GET, "http_method_names=['get', 'head']", Answers),
        (GET, "http_method_names=unknown", Unknown),
        (GET, "template_name='x'", Answers),
        (GET, "**unknown", Unknown),
        (GET, "**{'http_method_names': ['post']}", Refuses(405)),
        (GET, "**{'queryset': None}", Answers),
        (set, "{'get': 'list'}", Answers),
        (set, "{'get': 'retrieve'}", Refuses(410)),
        (set, "{'post': 'create'}", Refuses(405)),
        (set, "unknown", Unknown),
        (set, "{'post': 'create', **unknown}", Unknown),
    ];
    all_fare(rows.map(|(views, given, wanted)| (given, views.to_owned(), of(given), wanted)).into());
}

#[test]
fn a_class_that_others_change_is_not_known() {
    let plain = "class Session(Base):\n    def post(self, request):\n        return JsonResponse({})\n";
    let subclass = "class Base(View):\n    def __init_subclass__(cls, reads=None, **rest):\n        super().__init_subclass__(**rest)\n";
    let rows = [
        ("a base without a method", "class Base(View):\n    pass\n\n".to_owned() + plain, Refuses(405)),
        ("a base that sets methods", format!("{subclass}        cls.get = reads\n\n{plain}"), Unknown),
        (
            "a base that sets any attribute",
            format!("{subclass}        setattr(cls, reads, refuse)\n\n{plain}"),
            Unknown,
        ),
        (
            "a base that counts its heirs",
            format!("HEIRS = []\n\n{subclass}        HEIRS.append(cls)\n\n{plain}"),
            Refuses(405),
        ),
        ("a metaclass", format!("class Base(View, metaclass=unknown):\n    pass\n\n{plain}"), Unknown),
        ("keywords nobody knows", format!("class Base(View, **unknown):\n    pass\n\n{plain}"), Unknown),
        (
            "a base that is made",
            format!("def base():\n    return unknown(View)\n\nBase = base()\n\n{plain}"),
            Unknown,
        ),
        ("a method given later", format!("Base = View\n{plain}\nSession.get = unknown\n"), Unknown),
        ("setattr later", format!("Base = View\n{plain}\nsetattr(Session, 'get', unknown)\n"), Unknown),
        ("a refusal given later", format!("{GET}\nSession.get = refuse\n"), Refuses(410)),
        (
            "a refusal that a function gives",
            format!("{GET}\ndef close():\n    Session.get = refuse\n"),
            Unknown,
        ),
        ("a refusal that may be given", format!("{GET}\nif unknown:\n    Session.get = refuse\n"), Unknown),
        (
            "each of a list",
            format!("{GET}\nfor view in [Session]:\n    setattr(view, 'dispatch', refuse)\n"),
            Refuses(410),
        ),
        ("something else given later", format!("{GET}\nSession.title = unknown\n"), Answers),
        ("methods given later", format!("{GET}\nSession.http_method_names = ['post']\n"), Refuses(405)),
    ];
    all_fare(rows.map(|(what, views, wanted)| (what, views, SESSION.to_owned(), wanted)).into());
}

#[test]
fn what_stands_around_a_view_in_the_urls_counts() {
    let views = "def session(request):\n    return JsonResponse({})\n\nclass Session(View):\n    def get(self, request):\n        return JsonResponse({})\n\
                 \ndef made(status):\n    def inner(request):\n        return HttpResponse(status=410)\n    return inner\n\
                 \ndef answers(status):\n    def outer(view):\n        def inner(request):\n            return HttpResponse(status=status)\n        return inner\n    return outer\n\
                 \ndef shown(view):\n    return view.as_view()\n\
                 \nTABLE = {'session': refuse, 'other': session}\n";
    let rows = [
        ("partial(views.session, day=1)", Answers),
        ("partial(views.refuse, day=1)", Refuses(410)),
        ("csrf_exempt(views.session)", Answers),
        ("csrf_exempt(views.Session.as_view())", Answers),
        ("require_POST(views.session)", Refuses(405)),
        ("require_http_methods(['POST'])(views.session)", Refuses(405)),
        ("unknown(views.session)", Unknown),
        ("unknown(views.refuse)", Unknown),
        ("gone(views.session)", Refuses(410)),
        ("gone(csrf_exempt(views.Session.as_view()))", Refuses(410)),
        ("csrf_exempt(gone(views.session))", Refuses(410)),
        ("logged(views.session)", Answers),
        ("logged(gone(logged(views.session)))", Refuses(410)),
        ("answers(410)(views.session)", Unknown),
        ("made(410)", Refuses(410)),
        ("shown(views.Session)", Answers),
        ("views.TABLE['session']", Refuses(410)),
        ("views.TABLE['other']", Answers),
        ("views.refuse if unknown else views.session", Unknown),
        ("lambda request: HttpResponseGone()", Refuses(410)),
    ];
    let row = |(view, wanted): (&'static str, Fare)| {
        let urls =
            format!("from .views import HttpResponseGone\nurlpatterns = [path('api/session', {view})]");
        (view, views.to_owned(), urls, wanted)
    };
    all_fare(rows.map(row).into());
}

#[test]
fn a_function_is_what_its_decorators_and_its_ways_out_make_of_it() {
    let rows = [
        (
            "two that hand on",
            "@logged\n@never_cache\ndef session(request):\n    return JsonResponse({})",
            Answers,
        ),
        ("a refusal below", "@logged\ndef session(request):\n    return HttpResponseGone()", Refuses(410)),
        (
            "a refusal below what nobody knows",
            "@unknown\ndef session(request):\n    return HttpResponseGone()",
            Unknown,
        ),
        (
            "one that answers itself",
            "def moved(view):\n    @wraps(view)\n    def inner(request):\n        return JsonResponse({'moved': True})\n    return inner\n\n@moved\ndef session(request):\n    return HttpResponseGone()",
            Answers,
        ),
        (
            "one that is a class",
            "class Closed:\n    def __init__(self, view):\n        self.view = view\n\n    def __call__(self, request):\n        return HttpResponseGone()\n\n@Closed\ndef session(request):\n    return JsonResponse({})",
            Refuses(410),
        ),
        (
            "one that is a class and hands on",
            "class Timed:\n    def __init__(self, view):\n        self.view = view\n\n    def __call__(self, request):\n        return self.view(request)\n\n@Timed\ndef session(request):\n    return JsonResponse({})",
            Answers,
        ),
        (
            "with arguments or without",
            "from functools import partial\ndef timed(view=None, every=1):\n    if view is None:\n        return partial(timed, every=every)\n    def inner(request):\n        return view(request)\n    return inner\n\n@timed(every=5)\ndef session(request):\n    return JsonResponse({})",
            Answers,
        ),
        ("no GET", "@api_view(['POST'])\ndef session(request):\n    return Response({})", Refuses(405)),
        (
            "methods from elsewhere",
            "@api_view(unknown)\ndef session(request):\n    return Response({})",
            Unknown,
        ),
        (
            "a status by name",
            "def session(request):\n    return HttpResponse(status=HTTPStatus.GONE)",
            Refuses(410),
        ),
        (
            "a status set afterwards",
            "def session(request):\n    answer = JsonResponse({})\n    answer.status_code = 410\n    return answer",
            Refuses(410),
        ),
        (
            "an answer of its own",
            "class Gone(HttpResponse):\n    status_code = 410\n\ndef session(request):\n    return Gone()",
            Refuses(410),
        ),
        (
            "an exception of its own",
            "class Gone(APIException):\n    status_code = 410\n\n@api_view(['GET'])\ndef session(request):\n    raise Gone()",
            Refuses(410),
        ),
        ("an exception nobody knows", "def session(request):\n    raise unknown()", Unknown),
        (
            "on each branch",
            "def session(request):\n    if request.user:\n        return HttpResponseGone()\n    else:\n        return HttpResponse(status=404)",
            Refuses(410),
        ),
        (
            "an argument that is no status",
            "def page(request, number):\n    return JsonResponse({'page': number})\n\ndef session(request):\n    return page(request, 404)",
            Answers,
        ),
    ];
    let urls = "urlpatterns = [path('api/session', views.session)]";
    all_fare(rows.map(|(what, views, wanted)| (what, views.to_owned(), urls.to_owned(), wanted)).into());
}

#[test]
fn a_class_answers_by_its_own_ways() {
    let rows = [
        (
            "dispatch refuses",
            "    def dispatch(self, request):\n        return self.http_method_not_allowed(request)\n",
            Refuses(405),
        ),
        (
            "dispatch refuses some",
            "    def dispatch(self, request):\n        if request.user:\n            return HttpResponseGone()\n        return super().dispatch(request)\n",
            Answers,
        ),
        (
            "dispatch takes POST only",
            "    @method_decorator(require_POST)\n    def dispatch(self, request):\n        return super().dispatch(request)\n",
            Refuses(405),
        ),
        (
            "dispatch is decorated by what nobody knows",
            "    @method_decorator(unknown)\n    def dispatch(self, request):\n        return super().dispatch(request)\n",
            Unknown,
        ),
        (
            "dispatch is decorated by what stands elsewhere",
            "    @method_decorator(*unknown)\n    def dispatch(self, request):\n        return super().dispatch(request)\n",
            Unknown,
        ),
        ("methods nobody knows", "    http_method_names = unknown\n", Unknown),
        (
            "methods of a comprehension",
            "    http_method_names = [it for it in View.http_method_names if it != 'get']\n",
            Unknown,
        ),
        ("no methods", "    http_method_names = []\n", Refuses(405)),
    ];
    let body = "class Session(View):\n    def get(self, request):\n        return JsonResponse({})\n\n";
    let row = |(what, more, wanted): (&'static str, &str, Fare)| {
        (what, format!("{body}{more}"), SESSION.to_owned(), wanted)
    };
    all_fare(rows.map(row).into());
    // It answers by itself, whatever the method would say.
    let own = "class Session(View):\n    def dispatch(self, request):\n        return JsonResponse({})\n\n    def get(self, request):\n        return HttpResponseGone()\n";
    // A view set lists and shows; one of them is refused.
    let set = "class Session(ReadOnlyModelViewSet):\n    def list(self, request):\n        return HttpResponseGone()\n";
    let routed = "from rest_framework.routers import SimpleRouter\nrouter = SimpleRouter(trailing_slash=False)\n\
                  router.register('api/session', views.Session)\nurlpatterns = router.urls";
    let named = "class Session(View):\n    get = refuse\n";
    all_fare(vec![
        ("a method that is a name", named.to_owned(), SESSION.to_owned(), Refuses(410)),
        ("dispatch answers", own.to_owned(), SESSION.to_owned(), Answers),
        ("one of two", set.to_owned(), routed.to_owned(), Refuses(410)),
    ]);
}
