//! What a tree claims of its endpoints: who may ask them, and what they answer. Each hostile row has its innocent twin.

use super::claims::{Edit, all};

const SETTINGS: &str = "thor-backend/thor_project/settings.py";
const SESSION: &str = "thor-backend/FutureTrading/views.py";
const ACCOUNTS: &str = "thor-backend/ActAndPos/views.py";
const SESSION_URLS: &str = "thor-backend/FutureTrading/urls.py";
const MARKETS: &str = "thor-backend/GlobalMarkets/views.py";

const GET: &str = "        market = request.query_params.get(\"market\")\n";
const CLASS: &str = "class SessionView(APIView):\n";
const SET: &str = "    serializer_class = MarketSerializer\n";
const ROOT: &str = "ROOT_URLCONF";
const ASGI: &str = "ASGI_APPLICATION";
const LISTED: &str = "MIDDLEWARE = [\"FutureTrading.views.Gone\"]\nASGI_APPLICATION";
const RESOLVE: &str = "    return Account.objects.filter(broker_account_id=request.GET.get(\"account_id\")).first() or Account.objects.first()\n";
const ANSWER: &str = "        return Response(\n            {\n                \"market\": market,\n                \"future\": future,\n                \"intraday_latest\": {\"close\": float(latest.close_price)} if latest else None,\n            }\n        )\n";

#[test]
fn an_endpoint_that_refuses_or_answers_nothing_is_a_claim() {
    let session: [(&str, &[Edit<'_>]); 16] = [
        (
            "a method that reads",
            &[(
                SESSION,
                GET,
                "        if request.method == \"GET\":\n            return Response(status=405)\n        market = request.query_params.get(\"market\")\n",
            )],
        ),
        (
            "no method but another",
            &[(
                SESSION,
                GET,
                "        if request.method != \"POST\":\n            return Response(status=405)\n        market = request.query_params.get(\"market\")\n",
            )],
        ),
        (
            "the environment",
            &[
                (
                    SESSION,
                    GET,
                    "        if os.environ.get(\"SESSION_RETIRED\"):\n            return Response(status=410)\n        market = request.query_params.get(\"market\")\n",
                ),
                (SESSION, "from django.utils", "import os\n\nfrom django.utils"),
            ],
        ),
        (
            "the settings",
            &[
                (
                    SESSION,
                    GET,
                    "        if settings.SESSION_RETIRED:\n            raise NotFound()\n        market = request.query_params.get(\"market\")\n",
                ),
                (SESSION, "from django.utils", "from django.conf import settings\nfrom django.utils"),
            ],
        ),
        (
            "nothing, by its status",
            &[(SESSION, GET, "        return Response(status=204)\n        market = None\n")],
        ),
        (
            "an empty list",
            &[
                (SESSION, ANSWER, "        return Response({})\n"),
                (
                    SESSION,
                    "return Response({\"detail\": \"market and future are required\"}, status=400)",
                    "return Response({})",
                ),
            ],
        ),
        (
            "a redirect",
            &[
                (SESSION, GET, "        return redirect(\"/\")\n        market = None\n"),
                (SESSION, "from django.utils", "from django.shortcuts import redirect\nfrom django.utils"),
            ],
        ),
        (
            "a view that redirects",
            &[
                (SESSION_URLS, "SessionView.as_view()", "RedirectView.as_view(url=\"/\")"),
                (SESSION_URLS, "from .views", "from django.views.generic import RedirectView\n\nfrom .views"),
            ],
        ),
        (
            "administrators only",
            &[(SESSION, CLASS, "class SessionView(APIView):\n    permission_classes = [IsAdminUser]\n\n")],
        ),
        (
            "nobody",
            &[(
                SESSION,
                CLASS,
                "class Nobody:\n    def has_permission(self, request, view):\n        return False\n\n\nclass SessionView(APIView):\n    permission_classes = [Nobody]\n\n",
            )],
        ),
        (
            "users whom nobody recognises",
            &[(
                SESSION,
                CLASS,
                "class SessionView(APIView):\n    authentication_classes = []\n    permission_classes = [IsAuthenticated]\n\n",
            )],
        ),
        (
            "a throttle that never lets through",
            &[(
                SESSION,
                CLASS,
                "class Never:\n    def allow_request(self, request, view):\n        return False\n\n\nclass SessionView(APIView):\n    throttle_classes = [Never]\n\n",
            )],
        ),
        (
            "a throttle",
            &[(SESSION, CLASS, "class SessionView(APIView):\n    throttle_classes = [UserRateThrottle]\n\n")],
        ),
        (
            "no method that reads",
            &[(SESSION, CLASS, "class SessionView(APIView):\n    http_method_names = [\"post\"]\n\n")],
        ),
        (
            "what it needs first raises",
            &[(
                SESSION,
                CLASS,
                "class SessionView(APIView):\n    def initial(self, request, *args, **kwargs):\n        raise NotFound()\n\n",
            )],
        ),
        (
            "a part of the answer raises",
            &[
                (SESSION, "\"market\": market,", "\"market\": named(market),"),
                (
                    SESSION,
                    CLASS,
                    "def named(market):\n    raise NotFound()\n\n\nclass SessionView(APIView):\n",
                ),
            ],
        ),
    ];
    all(&session, &["intraday"]);
    let market: [(&str, &[Edit<'_>]); 5] = [
        (
            "the list",
            &[(
                MARKETS,
                SET,
                "    serializer_class = MarketSerializer\n\n    def list(self, request):\n        return Response(status=410)\n",
            )],
        ),
        (
            "its rows raise",
            &[(
                MARKETS,
                SET,
                "    serializer_class = MarketSerializer\n\n    def get_queryset(self):\n        raise NotFound()\n",
            )],
        ),
        (
            "no rows",
            &[(
                MARKETS,
                SET,
                "    serializer_class = MarketSerializer\n\n    def get_queryset(self):\n        return Market.objects.none()\n",
            )],
        ),
        (
            "a query of none",
            &[(MARKETS, "Market.objects.filter(is_active=True)\n    ser", "Market.objects.none()\n    ser")],
        ),
        (
            "administrators only",
            &[(
                MARKETS,
                SET,
                "    serializer_class = MarketSerializer\n    permission_classes = [IsAdminUser]\n",
            )],
        ),
    ];
    all(&market, &["global_market"]);
    let account: [(&str, &[Edit<'_>]); 2] = [
        ("a helper that raises", &[(ACCOUNTS, RESOLVE, "    raise PermissionDenied()\n")]),
        ("a helper of the answer that raises", &[(ACCOUNTS, RESOLVE, "    raise Http404\n")]),
    ];
    all(&account, &["account_balance", "positions"]);
    let every: [(&str, &[Edit<'_>]); 3] = [
        (
            "administrators by default",
            &[(
                SETTINGS,
                ROOT,
                "REST_FRAMEWORK = {\"DEFAULT_PERMISSION_CLASSES\": [\"rest_framework.permissions.IsAdminUser\"]}\nROOT_URLCONF",
            )],
        ),
        (
            "a throttle by default",
            &[(
                SETTINGS,
                ROOT,
                "REST_FRAMEWORK = {\"DEFAULT_THROTTLE_CLASSES\": [\"rest_framework.throttling.UserRateThrottle\"], \"DEFAULT_THROTTLE_RATES\": {\"user\": \"0/min\"}}\nROOT_URLCONF",
            )],
        ),
        (
            "nobody is recognised by default",
            &[(SETTINGS, ROOT, "REST_FRAMEWORK = {\"DEFAULT_AUTHENTICATION_CLASSES\": []}\nROOT_URLCONF")],
        ),
    ];
    let [administrators, throttled, unknown] = every;
    all(&[administrators], &["global_market", "intraday"]);
    all(&[throttled, unknown], &["account_balance", "global_market", "intraday", "positions"]);
}

#[test]
fn an_endpoint_that_answers_in_other_words_is_none() {
    let rows: [(&str, &[Edit<'_>]); 13] = [
        (
            "a method that reads",
            &[(
                SESSION,
                GET,
                "        if request.method == \"POST\":\n            return Response(status=405)\n        market = request.query_params.get(\"market\")\n",
            )],
        ),
        (
            "the environment says more",
            &[
                (
                    SESSION,
                    GET,
                    "        if os.environ.get(\"SESSION_DEBUG\"):\n            print(request)\n        market = request.query_params.get(\"market\")\n",
                ),
                (SESSION, "from django.utils", "import os\n\nfrom django.utils"),
            ],
        ),
        (
            "a header refuses",
            &[(
                SESSION,
                GET,
                "        if request.headers.get(\"X-Old\"):\n            return Response(status=410)\n        market = request.query_params.get(\"market\")\n",
            )],
        ),
        (
            "another status",
            &[(
                SESSION,
                ANSWER,
                "        return Response({\"market\": market, \"latest\": latest}, status=200)\n",
            )],
        ),
        (
            "anybody may",
            &[(SESSION, CLASS, "class SessionView(APIView):\n    permission_classes = [AllowAny]\n\n")],
        ),
        (
            "methods that read",
            &[(
                SESSION,
                CLASS,
                "class SessionView(APIView):\n    http_method_names = [\"get\", \"head\", \"options\"]\n\n",
            )],
        ),
        (
            "what it needs first is asked",
            &[(
                SESSION,
                CLASS,
                "class SessionView(APIView):\n    def initial(self, request, *args, **kwargs):\n        super().initial(request, *args, **kwargs)\n\n",
            )],
        ),
        (
            "a part of the answer may raise",
            &[
                (SESSION, "\"market\": market,", "\"market\": named(market),"),
                (
                    SESSION,
                    CLASS,
                    "def named(market):\n    if market == \"?\":\n        raise NotFound()\n    return market\n\n\nclass SessionView(APIView):\n",
                ),
            ],
        ),
        (
            "one object is refused",
            &[(
                MARKETS,
                SET,
                "    serializer_class = MarketSerializer\n\n    def create(self, request):\n        return Response(status=405)\n",
            )],
        ),
        (
            "its rows are asked for",
            &[(
                MARKETS,
                SET,
                "    serializer_class = MarketSerializer\n\n    def get_queryset(self):\n        return Market.objects.filter(is_active=True)\n",
            )],
        ),
        (
            "a helper that may raise",
            &[(
                ACCOUNTS,
                RESOLVE,
                "    account = Account.objects.first()\n    if account is None:\n        raise Http404\n    return account\n",
            )],
        ),
        (
            "a default that is the same",
            &[(
                SETTINGS,
                ROOT,
                "REST_FRAMEWORK = {\"DEFAULT_PERMISSION_CLASSES\": [\"rest_framework.permissions.AllowAny\"]}\nROOT_URLCONF",
            )],
        ),
        ("other settings", &[(SETTINGS, ROOT, "REST_FRAMEWORK = {\"PAGE_SIZE\": 50}\nROOT_URLCONF")]),
    ];
    all(&rows, &[]);
}

#[test]
fn a_middleware_that_puts_another_answer_in_place_is_a_claim() {
    let rows: [(&str, &[Edit<'_>]); 3] = [
        (
            "by its status",
            &[
                (SETTINGS, ASGI, LISTED),
                (
                    SESSION,
                    CLASS,
                    "class Gone:\n    def __init__(self, get_response):\n        self.get_response = get_response\n\n    def __call__(self, request):\n        response = self.get_response(request)\n        if request.path == \"/api/session\":\n            response.status_code = 410\n        return response\n\n\nclass SessionView(APIView):\n",
                ),
            ],
        ),
        (
            "by an answer of its own",
            &[
                (SETTINGS, ASGI, LISTED),
                (
                    SESSION,
                    CLASS,
                    "class Gone:\n    def __init__(self, get_response):\n        self.get_response = get_response\n\n    def __call__(self, request):\n        response = self.get_response(request)\n        if request.path == \"/api/session\":\n            return HttpResponse(status=410)\n        return response\n\n\nclass SessionView(APIView):\n",
                ),
            ],
        ),
        (
            "in a method of its own",
            &[
                (SETTINGS, ASGI, LISTED),
                (
                    SESSION,
                    CLASS,
                    "class Gone:\n    def process_response(self, request, response):\n        if request.path == \"/api/session\":\n            return HttpResponse(status=410)\n        return response\n\n\nclass SessionView(APIView):\n",
                ),
            ],
        ),
    ];
    all(&rows, &["intraday"]);
    let named: [(&str, &[Edit<'_>]); 1] = [(
        "by the name of the route",
        &[
            (SETTINGS, ASGI, LISTED),
            (
                SESSION,
                CLASS,
                "class Gone:\n    def __init__(self, get_response):\n        self.get_response = get_response\n\n    def __call__(self, request):\n        response = self.get_response(request)\n        if request.resolver_match.url_name == \"account-balance\":\n            return HttpResponse(status=410)\n        return response\n\n\nclass SessionView(APIView):\n",
            ),
        ],
    )];
    all(&named, &["account_balance"]);
    let innocent: [(&str, &[Edit<'_>]); 2] = [
        (
            "a header",
            &[
                (SETTINGS, ASGI, LISTED),
                (
                    SESSION,
                    CLASS,
                    "class Gone:\n    def __init__(self, get_response):\n        self.get_response = get_response\n\n    def __call__(self, request):\n        response = self.get_response(request)\n        if request.path == \"/api/session\":\n            response[\"X-Old\"] = \"1\"\n        return response\n\n\nclass SessionView(APIView):\n",
                ),
            ],
        ),
        (
            "another name",
            &[
                (SETTINGS, ASGI, LISTED),
                (
                    SESSION,
                    CLASS,
                    "class Gone:\n    def __init__(self, get_response):\n        self.get_response = get_response\n\n    def __call__(self, request):\n        response = self.get_response(request)\n        if request.resolver_match.url_name == \"other\":\n            return HttpResponse(status=410)\n        return response\n\n\nclass SessionView(APIView):\n",
                ),
            ],
        ),
    ];
    all(&innocent, &[]);
}
