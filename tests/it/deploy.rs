//! Claims about docs/deploy: the manifests are what Kubernetes and Compose take, they call the program as it is called,
//! and nothing in them runs with more rights than it needs.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Parser as _;
use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::{Value, json};
use thor_cutover::cli::{Cli, Command as Asked, ShardArg};
use thor_cutover::settings::{self, VARIABLES};

/// As docs/watch.md names it.
const PORT: u64 = 9464;
/// As the Dockerfile does.
const USER: u64 = 65532;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn folder() -> PathBuf {
    root().join("docs/deploy")
}

fn read(path: &Path) -> String {
    fs_err::read_to_string(path).unwrap()
}

fn as_json(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => json!(value),
        Yaml::Value(Scalar::Integer(value)) => json!(value),
        Yaml::Value(Scalar::FloatingPoint(value)) => json!(value.into_inner()),
        Yaml::Value(Scalar::String(text)) => json!(text),
        Yaml::Sequence(items) => items.iter().map(as_json).collect(),
        Yaml::Mapping(pairs) => {
            pairs.iter().map(|(key, value)| (key.as_str().unwrap().to_owned(), as_json(value))).collect()
        }
        other => panic!("not expected in a manifest: {other:?}"),
    }
}

fn documents(text: &str) -> Vec<Value> {
    Yaml::load_from_str(text).unwrap().iter().map(as_json).collect()
}

fn kubernetes_files() -> Vec<PathBuf> {
    let entries = fs_err::read_dir(folder().join("kubernetes")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn resources() -> Vec<Value> {
    kubernetes_files().iter().flat_map(|file| documents(&read(file))).collect()
}

fn resource(kind: &str, name: &str) -> Value {
    let is_it = |it: &Value| it["kind"] == kind && it["metadata"]["name"] == name;
    resources().into_iter().find(is_it).unwrap_or_else(|| panic!("no {kind} {name}"))
}

/// The template of the pods that a resource makes, with its name.
fn pods() -> Vec<(String, Value)> {
    let pod = |it: Value| {
        let path = match it["kind"].as_str()? {
            "CronJob" => "/spec/jobTemplate/spec/template/spec",
            "StatefulSet" | "Job" => "/spec/template/spec",
            _ => return None,
        };
        Some((it["metadata"]["name"].as_str()?.to_owned(), it.pointer(path).unwrap().clone()))
    };
    let pods: Vec<_> = resources().into_iter().filter_map(pod).collect();
    assert_eq!(pods.len(), 4, "watch, checklist, replay, replay-merge");
    pods
}

fn items<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value[name].as_array().into_iter().flatten()
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    items(pod, "initContainers").chain(items(pod, "containers"))
}

fn words(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

fn is_ours(container: &Value) -> bool {
    container["image"].as_str().unwrap().starts_with("thor-cutover:")
}

#[track_caller]
fn parsed(arguments: &[String]) -> Cli {
    let words = ["thor-cutover".to_owned()].into_iter().chain(arguments.iter().cloned());
    Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
}

/// Every call of the program in a manifest, with whose it is.
fn calls() -> Vec<(String, Vec<String>)> {
    let mut calls = Vec::new();
    for (name, pod) in pods() {
        calls.extend(containers(&pod).filter(|it| is_ours(it)).map(|it| (name.clone(), words(&it["args"]))));
    }
    let compose = &documents(&read(&folder().join("compose.yaml")))[0];
    calls.push(("compose".to_owned(), words(&compose["services"]["watch"]["command"])));
    calls
}

#[test]
fn every_call_of_the_program_is_one_that_it_takes() {
    let calls = calls();
    assert_eq!(calls.len(), 5, "{calls:?}");
    for (whose, arguments) in &calls {
        let cli = parsed(arguments);
        match (whose.as_str(), &cli.command) {
            ("watch" | "compose", Asked::Watch(watch)) => {
                let listen = watch.listen.unwrap();
                assert_eq!((u64::from(listen.port()), watch.expose), (PORT, true), "{whose}");
                assert!(listen.ip().is_unspecified(), "probes and Prometheus come from elsewhere");
            }
            ("checklist", Asked::Checklist(_)) => {}
            ("replay", Asked::Replay(replay)) => {
                let job = resource("Job", "replay");
                assert_eq!(job["spec"]["completionMode"], "Indexed");
                let parts = job["spec"]["completions"].as_u64().unwrap();
                assert_eq!(replay.shard, Some(ShardArg::OfJob(u32::try_from(parts).unwrap())));
                let output = cli.global.output.as_ref().unwrap().to_str().unwrap();
                assert!(output.contains("$(JOB_COMPLETION_INDEX)"), "each part has a file of its own");
            }
            ("replay-merge", Asked::Replay(replay)) => assert!(replay.merge),
            (_, other) => panic!("{whose} runs {other:?}"),
        }
    }
}

/// Exit codes 1 and 3 are verdicts. 4 of a merge is a part that is not there yet.
#[test]
fn a_verdict_is_not_asked_for_again_and_a_part_that_is_missing_is_waited_for() {
    let codes = |name: &str| {
        let job = resource("Job", name);
        let rule = job["spec"]["podFailurePolicy"]["rules"][0].clone();
        (rule["action"].as_str().unwrap().to_owned(), rule["onExitCodes"]["values"].clone())
    };
    assert_eq!(codes("replay"), ("FailIndex".to_owned(), json!([1, 2, 3])));
    assert_eq!(codes("replay-merge"), ("FailJob".to_owned(), json!([1, 3])));
    assert_eq!(resource("CronJob", "checklist")["spec"]["jobTemplate"]["spec"]["backoffLimit"], 0);
    // both Jobs look into the same folder of the results
    let runs: BTreeSet<String> = pods()
        .iter()
        .filter(|(name, _)| name.starts_with("replay"))
        .map(|(_, pod)| {
            items(&pod["containers"][0], "env").find(|it| it["name"] == "RUN").unwrap().to_string()
        })
        .collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
}

#[test]
fn every_variable_is_one_that_somebody_reads() {
    let of_auth = ["THOR_TOKEN", "THOR_USER", "THOR_PASSWORD"];
    let known: BTreeSet<&str> = VARIABLES.iter().map(|(name, _)| *name).chain(of_auth).collect();
    let secrets: Vec<Value> = resources().into_iter().filter(|it| it["kind"] == "Secret").collect();
    let mut seen = 0;
    for (name, pod) in pods() {
        for container in containers(&pod) {
            let of_secret = |it: &Value| -> Vec<String> {
                let wanted = &it["secretRef"]["name"];
                let secret = secrets.iter().find(|it| it["metadata"]["name"] == *wanted);
                let data = secret.unwrap_or_else(|| panic!("no secret {wanted}"))["stringData"].clone();
                data.as_object().unwrap().keys().cloned().collect()
            };
            let from = items(container, "envFrom").flat_map(of_secret);
            let own = items(container, "env").map(|it| it["name"].as_str().unwrap().to_owned());
            for variable in from.chain(own) {
                seen += 1;
                match is_ours(container) {
                    true => {
                        assert!(known.contains(variable.as_str()) || variable == "RUN", "{name}: {variable}")
                    }
                    false => assert!(variable.starts_with("GITSYNC_"), "{name}: {variable}"),
                }
            }
        }
    }
    assert!(seen > 10);
    let compose = &documents(&read(&folder().join("compose.yaml")))[0];
    let service = &compose["services"]["watch"];
    for (variable, value) in service["environment"].as_object().unwrap() {
        assert!(known.contains(variable.as_str()), "{variable}");
        let secret = value.as_str().unwrap().strip_prefix("/run/secrets/").unwrap();
        assert!(service["secrets"].as_array().unwrap().contains(&json!(secret)), "{secret}");
    }
    // a secret that could be taken for one would be copied as it is
    for secret in &secrets {
        let text = secret["stringData"].to_string();
        assert!(text.contains("replace-me"), "{text}");
    }
}

#[test]
fn every_image_has_a_version_and_ours_has_this_one() {
    let compose = &documents(&read(&folder().join("compose.yaml")))[0];
    let of_compose = compose["services"].as_object().unwrap().values().cloned();
    let of_pods: Vec<Value> =
        pods().iter().flat_map(|(_, pod)| containers(pod).cloned().collect::<Vec<_>>()).collect();
    for container in of_pods.into_iter().chain(of_compose) {
        let image = container["image"].as_str().unwrap();
        let (name, version) = image.rsplit_once(':').unwrap_or_else(|| panic!("{image} has no version"));
        assert!(version.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()), "{image}");
        if name == "thor-cutover" {
            assert_eq!(version, env!("CARGO_PKG_VERSION"));
        }
    }
}

#[test]
fn nothing_runs_with_more_rights_than_it_needs() {
    for (name, pod) in pods() {
        assert_eq!(pod["automountServiceAccountToken"], false, "{name}");
        let security = &pod["securityContext"];
        assert_eq!(
            (&security["runAsNonRoot"], &security["runAsUser"]),
            (&json!(true), &json!(USER)),
            "{name}"
        );
        assert_eq!(security["fsGroup"], USER, "{name}");
        assert_eq!(security["seccompProfile"]["type"], "RuntimeDefault", "{name}");
        for container in containers(&pod) {
            let expected = json!({
                "allowPrivilegeEscalation": false,
                "readOnlyRootFilesystem": true,
                "capabilities": { "drop": ["ALL"] },
            });
            assert_eq!(container["securityContext"], expected, "{name}");
            assert!(container["resources"]["limits"]["memory"].is_string(), "{name}");
            // where it is written, a volume is mounted
            let mounted = |path: &str| items(container, "volumeMounts").any(|it| it["mountPath"] == path);
            assert!(mounted("/tmp") && (!is_ours(container) || mounted("/var/lib/thor-cutover")), "{name}");
            let volumes: Vec<&Value> = items(&pod, "volumes").map(|it| &it["name"]).collect();
            for mount in items(container, "volumeMounts") {
                let is_claimed = name == "watch" && mount["name"] == "state";
                assert!(is_claimed || volumes.iter().any(|it| **it == mount["name"]), "{name}: {mount}");
            }
        }
    }
    let compose = &documents(&read(&folder().join("compose.yaml")))[0];
    for (name, service) in compose["services"].as_object().unwrap() {
        assert_eq!((&service["read_only"], &service["cap_drop"]), (&json!(true), &json!(["ALL"])), "{name}");
        assert_eq!(service["security_opt"], json!(["no-new-privileges:true"]), "{name}");
        assert_ne!(service["user"].as_str().unwrap().split(':').next(), Some("0"), "{name}");
        for port in words(&service["ports"]) {
            assert!(port.starts_with("127.0.0.1:"), "{name}: {port} is open to others");
        }
    }
}

#[test]
fn probes_and_scrapes_go_to_the_port_and_the_paths_that_are_documented() {
    let documented = read(&root().join("docs/watch.md"));
    assert!(documented.contains(&format!("listen = \"127.0.0.1:{PORT}\"")));
    let (_, pod) = pods().into_iter().find(|(name, _)| name == "watch").unwrap();
    let watch = &pod["containers"][0];
    assert_eq!(watch["ports"], json!([{ "name": "metrics", "containerPort": PORT }]));
    for (probe, path) in [("readinessProbe", "/healthz"), ("livenessProbe", "/livez")] {
        assert_eq!(watch[probe]["httpGet"], json!({ "path": path, "port": "metrics" }));
        assert!(documented.contains(&format!("`{path}`")), "{path} is not documented");
    }
    let set = resource("StatefulSet", "watch");
    let annotations = &set["spec"]["template"]["metadata"]["annotations"];
    assert_eq!(annotations["prometheus.io/port"], PORT.to_string());
    assert_eq!(annotations["prometheus.io/path"], "/metrics");
    let service = resource("Service", "watch");
    assert_eq!(service["spec"]["ports"][0]["port"], PORT);
    assert_eq!(set["spec"]["serviceName"], "watch");
    // the monitor selects the service, which selects the pod; alerts.yml knows the job by the label's value
    let monitor = resource("ServiceMonitor", "watch");
    let labels = &set["spec"]["template"]["metadata"]["labels"];
    assert_eq!(monitor["spec"]["selector"]["matchLabels"], service["metadata"]["labels"]);
    assert_eq!(&service["spec"]["selector"], labels);
    assert_eq!(monitor["spec"]["endpoints"][0]["port"], service["spec"]["ports"][0]["name"]);
    let job = monitor["spec"]["jobLabel"].as_str().unwrap();
    let job = format!("job=\"{}\"", service["metadata"]["labels"][job].as_str().unwrap());
    assert!(read(&folder().join("alerts.yml")).contains(&job), "{job}");
    let prometheus = &documents(&read(&folder().join("prometheus.yml")))[0];
    assert_eq!(
        prometheus["scrape_configs"][0]["static_configs"][0]["targets"],
        json!([format!("watch:{PORT}")])
    );
    assert!(job.contains(prometheus["scrape_configs"][0]["job_name"].as_str().unwrap()));
}

/// The volume of the observer is what holds its recordings, and the Jobs read that one.
#[test]
fn the_configuration_writes_only_where_a_volume_is() {
    let path = folder().join("thor-cutover.toml");
    let settings = settings::of_text(&read(&path), &path).unwrap();
    let state = Path::new("/var/lib/thor-cutover");
    assert!(settings.watch.folder.starts_with(state), "{}", settings.watch.folder.display());
    assert_eq!(settings.source.root.as_deref(), Some(Path::new("/source/thor")));
    let of_server = read(&path).replace("[evidence]", "[evidence]\nstore = \"postgres://ada@db/thor\"");
    let of_server = settings::of_text(&of_server, &path).unwrap();
    assert_eq!(of_server.evidence.folder, state, "what waits for a server is written there");
    let set = resource("StatefulSet", "watch");
    let claim = &set["spec"]["volumeClaimTemplates"][0];
    let size = claim["spec"]["resources"]["requests"]["storage"].as_str().unwrap();
    let size: u64 = size.strip_suffix("Gi").unwrap().parse().unwrap();
    assert!(settings.watch.max_bytes < size << 30, "recordings are pruned before the volume is full");
    let replay = pods().into_iter().find(|(name, _)| name == "replay").unwrap().1;
    let recordings = items(&replay, "volumes").find(|it| it["name"] == "recordings").unwrap();
    let name = format!("{}-watch-0", claim["metadata"]["name"].as_str().unwrap());
    assert_eq!(recordings["persistentVolumeClaim"], json!({ "claimName": name, "readOnly": true }));
    let kustomization = &documents(&read(&folder().join("kustomization.yaml")))[0];
    for file in words(&kustomization["resources"]) {
        assert!(folder().join(&file).is_file(), "{file}");
    }
    assert_eq!(kustomization["configMapGenerator"][0]["files"], json!(["thor-cutover.toml"]));
}

/// A program of .venv; `None`, said loudly, where `scripts/readers-env` has not run, and in CI a failure.
fn reader(name: &str) -> Option<Command> {
    let path = root().join(".venv/bin").join(name);
    let is_there = match name {
        "python" => Command::new(&path)
            .args(["-c", "import compose_spec"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success()),
        _ => path.is_file(),
    };
    if is_there {
        return Some(Command::new(path));
    }
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "scripts/readers-env has not run");
    writeln!(std::io::stderr().lock(), "SKIPPED: no {name} for the manifests: scripts/readers-env").unwrap();
    None
}

fn output(command: &mut Command) -> (bool, String) {
    let output = command.output().unwrap();
    let said = [&output.stdout[..], &output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn kubernetes_schemas_take_every_manifest() {
    let Some(mut validate) = reader("kubernetes-validate") else { return };
    // of the operator's kind the schemas know nothing
    let files = kubernetes_files().into_iter().filter(|file| !file.ends_with("monitor.yaml"));
    let (is_valid, said) = output(validate.args(["--strict"]).args(files));
    assert!(is_valid, "{said}");
    assert_eq!(said.matches(" passed for resource ").count(), resources().len() - 1, "{said}");
    let wrong = tempfile::tempdir().unwrap();
    let wrong = wrong.path().join("watch.yaml");
    let text = read(&folder().join("kubernetes/watch.yaml"));
    fs_err::write(&wrong, text.replace("readinessProbe:", "readynessProbe:")).unwrap();
    let (is_valid, said) = output(reader("kubernetes-validate").unwrap().arg("--strict").arg(wrong));
    assert!(!is_valid && said.contains("readynessProbe"), "a key that there is not is found: {said}");
}

#[test]
fn the_specification_of_compose_takes_the_file() {
    let services = |text: &str| {
        let mut python = reader("python")?;
        python.arg(root().join("tests/readers/read_compose.py"));
        let output = assert_cmd::Command::from_std(python).write_stdin(text).output().unwrap();
        Some(if output.status.success() { Ok(output.stdout) } else { Err(output.stderr) })
    };
    let text = read(&folder().join("compose.yaml"));
    let Some(names) = services(&text) else { return };
    assert_eq!(String::from_utf8_lossy(&names.unwrap()), "prometheus\nwatch\n");
    let wrong = services(&text.replacen("read_only:", "readonly:", 1)).unwrap().unwrap_err();
    assert!(String::from_utf8_lossy(&wrong).contains("readonly"), "a key that there is not is found");
}

/// Where kubectl is installed; it asks no cluster.
#[test]
fn kustomize_makes_one_set_of_it() {
    let Ok(output) = Command::new("kubectl").arg("kustomize").arg(folder()).output() else {
        writeln!(std::io::stderr().lock(), "SKIPPED: no kubectl, so that no kustomization is built").unwrap();
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let made = documents(&String::from_utf8(output.stdout).unwrap());
    let kinds: BTreeSet<&str> = made.iter().map(|it| it["kind"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        BTreeSet::from(["ConfigMap", "CronJob", "Namespace", "Secret", "Service", "StatefulSet"])
    );
    let configuration = made.iter().find(|it| it["kind"] == "ConfigMap").unwrap();
    let name = &configuration["metadata"]["name"];
    let set = made.iter().find(|it| it["kind"] == "StatefulSet").unwrap();
    let volumes = &set["spec"]["template"]["spec"];
    let mounted = items(volumes, "volumes").find(|it| it["name"] == "configuration").unwrap();
    assert_eq!(&mounted["configMap"]["name"], name, "the pod follows the file");
    assert_ne!(name, "configuration");
}
