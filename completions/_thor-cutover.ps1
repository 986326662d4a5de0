
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'thor-cutover' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'thor-cutover'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'thor-cutover' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer; each command says which it has')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Which flags are on, according to whom; each feature''s stage and newest evidence, what is missing, what is next')
            [CompletionResult]::new('shadow-diff', 'shadow-diff', [CompletionResultType]::ParameterValue, 'Do REST and WebSocket say the same? Observes both side by side over one socket')
            [CompletionResult]::new('watch', 'watch', [CompletionResultType]::ParameterValue, 'Observes every session of every feature for weeks, sleeps in between, and keeps the evidence: a service')
            [CompletionResult]::new('replay', 'replay', [CompletionResultType]::ParameterValue, 'The same judgment from a recording, or from a browser''s HAR; never writes to the ledger')
            [CompletionResult]::new('checklist', 'checklist', [CompletionResultType]::ParameterValue, 'Go or no-go before a flag is flipped or a REST timer is deleted')
            [CompletionResult]::new('report', 'report', [CompletionResultType]::ParameterValue, 'The whole cutover on one page: where each feature stands, the weeks, what differed, who signed, what was not seen')
            [CompletionResult]::new('audit', 'audit', [CompletionResultType]::ParameterValue, 'Where Thor''s source has the timers, pollers, endpoints, broadcasts and flag reads of each feature')
            [CompletionResult]::new('enable', 'enable', [CompletionResultType]::ParameterValue, 'Switch a feature to the WebSocket: edits the env files, once the checklist says GO for `cutover`')
            [CompletionResult]::new('rollback', 'rollback', [CompletionResultType]::ParameterValue, 'Switch a feature back to REST: edits the env files at once, and is never refused')
            [CompletionResult]::new('sign-off', 'sign-off', [CompletionResultType]::ParameterValue, 'Put a person''s word on the ledger: for a deletion, for a manual gate, or for things accepted by name')
            [CompletionResult]::new('evidence', 'evidence', [CompletionResultType]::ParameterValue, 'The ledger: what was observed, changed and signed; how it travels, and whether it is what it was')
            [CompletionResult]::new('gates', 'gates', [CompletionResultType]::ParameterValue, 'The gates: what each measures, and for which decision')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Why is nothing arriving? Each link from the configuration to each feature''s first message, with its fix')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'An embedded Thor on loopback with one planted fault, and the three main commands on it')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a commented thor-cutover.toml; never overwrites one')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the man page of the tool, or of one command')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Print the JSON Schema of a command''s JSON output, or of the configuration')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'thor-cutover;status' {
            [CompletionResult]::new('--flags-url', '--flags-url', [CompletionResultType]::ParameterName, 'Ask this URL for the flags a running backend serves, a JSON object of name to true or false')
            [CompletionResult]::new('--pid', '--pid', [CompletionResultType]::ParameterName, 'Read the environment of this running process (Linux)')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'Thor''s source tree, for the stage of each feature [default: `[source] root`, else none is searched]')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Say it again and again, every 5 s or as often as said, until Ctrl-C')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;shadow-diff' {
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long to observe [default: until every gate is decided, 60s to 10m]')
            [CompletionResult]::new('--samples', '--samples', [CompletionResultType]::ParameterName, 'Stop after this many REST samples of each feature')
            [CompletionResult]::new('--every', '--every', [CompletionResultType]::ParameterName, 'Poll REST this often instead of each feature''s own interval; at least 50ms')
            [CompletionResult]::new('--record', '--record', [CompletionResultType]::ParameterName, 'Record every observation to this file (.zst compresses)')
            [CompletionResult]::new('--rotate', '--rotate', [CompletionResultType]::ParameterName, 'Begin another file of the recording after this much, such as 100MB, before compression')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'Thor''s source tree, whose code this run is evidence of [default: `[source] root`, else the current folder]')
            [CompletionResult]::new('--revision', '--revision', [CompletionResultType]::ParameterName, 'Backend revision this run is evidence of [default: the source tree as it stands]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--until-close', '--until-close', [CompletionResultType]::ParameterName, 'Observe until the market session of the features closes; waits until it opens')
            [CompletionResult]::new('--no-wait', '--no-wait', [CompletionResultType]::ParameterName, 'Do not wait for a market that is closed: exit 3 and say when it opens')
            [CompletionResult]::new('--resume', '--resume', [CompletionResultType]::ParameterName, 'Go on with the interrupted recording that --record names, and with its evidence')
            [CompletionResult]::new('--plain', '--plain', [CompletionResultType]::ParameterName, 'Say lines instead of drawing a view: for screen readers, and for logs of a terminal')
            [CompletionResult]::new('--no-evidence', '--no-evidence', [CompletionResultType]::ParameterName, 'Do not write this run to the ledger')
            [CompletionResult]::new('--keep-identifiers', '--keep-identifiers', [CompletionResultType]::ParameterName, 'Keep account numbers as they are instead of pseudonyms')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;watch' {
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'Observe only these of the configured targets')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Serve /metrics and /healthz on this address, such as 127.0.0.1:9464')
            [CompletionResult]::new('--notify', '--notify', [CompletionResultType]::ParameterName, 'Run this program for each new difference, change of a verdict and end of a session, told as JSON on its stdin')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'Thor''s source tree, whose code the evidence is bound to [default: `[source] root`, else the current folder]')
            [CompletionResult]::new('--revision', '--revision', [CompletionResultType]::ParameterName, 'Backend revision the evidence is about [default: the source tree as it stands]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--expose', '--expose', [CompletionResultType]::ParameterName, 'The address may be one that other machines reach')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;replay' {
            [CompletionResult]::new('--feature', '--feature', [CompletionResultType]::ParameterName, 'Judge only these features')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;checklist' {
            [CompletionResult]::new('--decision', '--decision', [CompletionResultType]::ParameterName, 'Which decision [default: claimed without a feature, next with one]')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'Thor''s source tree [default: `[source] root`, else the current folder]')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Compare with this revision of the source tree to see what is gone')
            [CompletionResult]::new('--revision', '--revision', [CompletionResultType]::ParameterName, 'Backend revision the decision is about [default: git of the source tree]')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The backend''s log: errors of the WebSocket path inside the observed time are no-go')
            [CompletionResult]::new('--console-log', '--console-log', [CompletionResultType]::ParameterName, 'The browser console''s log with its `[WS]` lines')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--require-source', '--require-source', [CompletionResultType]::ParameterName, 'Fail (exit 2) when no source tree of Thor is found')
            [CompletionResult]::new('--summary', '--summary', [CompletionResultType]::ParameterName, 'Also append the Markdown to the file that GITHUB_STEP_SUMMARY names')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;report' {
            [CompletionResult]::new('--last', '--last', [CompletionResultType]::ParameterName, 'Tell only of the last so long, such as 4w [default: everything on the ledger]')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'Thor''s source tree [default: `[source] root`, else the current folder]')
            [CompletionResult]::new('--revision', '--revision', [CompletionResultType]::ParameterName, 'Backend revision that the decisions are about [default: git of the source tree]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;audit' {
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'Thor''s source tree [default: `[source] root`, else the current folder]')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Compare with this revision of the source tree: what is gone, what is left')
            [CompletionResult]::new('--plan', '--plan', [CompletionResultType]::ParameterName, 'Print what to delete of a feature''s REST side, callers first; nothing is edited')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;enable' {
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why it is forced')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'Thor''s source tree [default: `[source] root`, else the current folder]')
            [CompletionResult]::new('--revision', '--revision', [CompletionResultType]::ParameterName, 'Backend revision the decision is about [default: git of the source tree]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would change, and change nothing')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Do it without GO, or out of order; kept on the ledger with the reason')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;rollback' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would change, and change nothing')
            [CompletionResult]::new('--rehearsal', '--rehearsal', [CompletionResultType]::ParameterName, 'To practise: the GO for `cutover` stays, the flag is meant to go on again')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;sign-off' {
            [CompletionResult]::new('--gate', '--gate', [CompletionResultType]::ParameterName, 'What the word is for')
            [CompletionResult]::new('--by', '--by', [CompletionResultType]::ParameterName, 'Who signs; asked for on a terminal')
            [CompletionResult]::new('--role', '--role', [CompletionResultType]::ParameterName, 'In which role; asked for on a terminal')
            [CompletionResult]::new('--note', '--note', [CompletionResultType]::ParameterName, 'What was looked at; asked for on a terminal')
            [CompletionResult]::new('--accept', '--accept', [CompletionResultType]::ParameterName, 'Accept a field (`/cash`) or a hazard by its name or fingerprint')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'The release tag that contains the work; for `--gate release`')
            [CompletionResult]::new('--revoke', '--revoke', [CompletionResultType]::ParameterName, 'Take back the sign-off whose id begins so')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'Thor''s source tree [default: `[source] root`, else the current folder]')
            [CompletionResult]::new('--revision', '--revision', [CompletionResultType]::ParameterName, 'Backend revision that is signed [default: git of the source tree]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;evidence' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'One line an entry, oldest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'One entry with everything it says')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write every entry to a file, as NDJSON; noted on the ledger as archived')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Take in the entries of exported files, marked as imported')
            [CompletionResult]::new('copy', 'copy', [CompletionResultType]::ParameterValue, 'Copy every entry of one store to another, as it stands')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check the chains, and derive what runs with a recording say from it again')
            [CompletionResult]::new('key', 'key', [CompletionResultType]::ParameterValue, 'The key of the pseudonyms: one for a team, so that its runs are of one account')
            [CompletionResult]::new('signing-key', 'signing-key', [CompletionResultType]::ParameterValue, 'Make a key that signs exports; prints its public key for `[evidence] trusted_keys`')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Remove old runs; those that a granted decision rests on stay')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'thor-cutover;evidence;list' {
            [CompletionResult]::new('--feature', '--feature', [CompletionResultType]::ParameterName, 'Only entries about this feature')
            [CompletionResult]::new('--kind', '--kind', [CompletionResultType]::ParameterName, 'Only entries of this kind')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;evidence;show' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;evidence;export' {
            [CompletionResult]::new('--sign', '--sign', [CompletionResultType]::ParameterName, 'Also write FILE.minisig, signed by the key that `evidence signing-key` wrote to this file')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;evidence;import' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;evidence;copy' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;evidence;verify' {
            [CompletionResult]::new('--recording', '--recording', [CompletionResultType]::ParameterName, 'Recordings, found by their digest [default: those that the runs name, where they were made]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;evidence;key' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write the key to a file that only you can read')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Take the key of a colleague')
            [CompletionResult]::new('fingerprint', 'fingerprint', [CompletionResultType]::ParameterValue, 'Print what tells this key from another, and tells nothing else')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'thor-cutover;evidence;key;export' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;evidence;key;import' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--replace', '--replace', [CompletionResultType]::ParameterName, 'Take it although there is another one, under which runs may have been made')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;evidence;key;fingerprint' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;evidence;key;help' {
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write the key to a file that only you can read')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Take the key of a colleague')
            [CompletionResult]::new('fingerprint', 'fingerprint', [CompletionResultType]::ParameterValue, 'Print what tells this key from another, and tells nothing else')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'thor-cutover;evidence;key;help;export' {
            break
        }
        'thor-cutover;evidence;key;help;import' {
            break
        }
        'thor-cutover;evidence;key;help;fingerprint' {
            break
        }
        'thor-cutover;evidence;key;help;help' {
            break
        }
        'thor-cutover;evidence;signing-key' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;evidence;prune' {
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Runs that ended longer ago than this, such as 90d')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Really remove them; without it they are only listed')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;evidence;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'One line an entry, oldest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'One entry with everything it says')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write every entry to a file, as NDJSON; noted on the ledger as archived')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Take in the entries of exported files, marked as imported')
            [CompletionResult]::new('copy', 'copy', [CompletionResultType]::ParameterValue, 'Copy every entry of one store to another, as it stands')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check the chains, and derive what runs with a recording say from it again')
            [CompletionResult]::new('key', 'key', [CompletionResultType]::ParameterValue, 'The key of the pseudonyms: one for a team, so that its runs are of one account')
            [CompletionResult]::new('signing-key', 'signing-key', [CompletionResultType]::ParameterValue, 'Make a key that signs exports; prints its public key for `[evidence] trusted_keys`')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Remove old runs; those that a granted decision rests on stay')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'thor-cutover;evidence;help;list' {
            break
        }
        'thor-cutover;evidence;help;show' {
            break
        }
        'thor-cutover;evidence;help;export' {
            break
        }
        'thor-cutover;evidence;help;import' {
            break
        }
        'thor-cutover;evidence;help;copy' {
            break
        }
        'thor-cutover;evidence;help;verify' {
            break
        }
        'thor-cutover;evidence;help;key' {
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write the key to a file that only you can read')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Take the key of a colleague')
            [CompletionResult]::new('fingerprint', 'fingerprint', [CompletionResultType]::ParameterValue, 'Print what tells this key from another, and tells nothing else')
            break
        }
        'thor-cutover;evidence;help;key;export' {
            break
        }
        'thor-cutover;evidence;help;key;import' {
            break
        }
        'thor-cutover;evidence;help;key;fingerprint' {
            break
        }
        'thor-cutover;evidence;help;signing-key' {
            break
        }
        'thor-cutover;evidence;help;prune' {
            break
        }
        'thor-cutover;evidence;help;help' {
            break
        }
        'thor-cutover;gates' {
            [CompletionResult]::new('--explain', '--explain', [CompletionResultType]::ParameterName, 'A page about one gate: why it is asked, what it looks like when it does not pass, what to do then')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;doctor' {
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long to listen at most; slower features stay undecided [default: 15s]')
            [CompletionResult]::new('--redis', '--redis', [CompletionResultType]::ParameterName, 'Also send one PING to the channel layer''s Redis')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;demo' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;init' {
            [CompletionResult]::new('--contract', '--contract', [CompletionResultType]::ParameterName, 'The built-in contract to start from: thor-a, thor-b or none')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Propose what this recording suggests (made with `shadow-diff --record`); may repeat')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Take every default instead of asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Take every default instead of asking')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;completions' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;man' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;schema' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the answer')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [default: the nearest thor-cutover.toml upwards from here]')
            [CompletionResult]::new('--rest-url', '--rest-url', [CompletionResultType]::ParameterName, 'Base URL of Thor''s REST API')
            [CompletionResult]::new('--ws-url', '--ws-url', [CompletionResultType]::ParameterName, 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Origin header of the handshake; Channels refuses one that is not an allowed host')
            [CompletionResult]::new('--evidence', '--evidence', [CompletionResultType]::ParameterName, 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file instead of stdout')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr; twice for everything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'thor-cutover;help' {
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Which flags are on, according to whom; each feature''s stage and newest evidence, what is missing, what is next')
            [CompletionResult]::new('shadow-diff', 'shadow-diff', [CompletionResultType]::ParameterValue, 'Do REST and WebSocket say the same? Observes both side by side over one socket')
            [CompletionResult]::new('watch', 'watch', [CompletionResultType]::ParameterValue, 'Observes every session of every feature for weeks, sleeps in between, and keeps the evidence: a service')
            [CompletionResult]::new('replay', 'replay', [CompletionResultType]::ParameterValue, 'The same judgment from a recording, or from a browser''s HAR; never writes to the ledger')
            [CompletionResult]::new('checklist', 'checklist', [CompletionResultType]::ParameterValue, 'Go or no-go before a flag is flipped or a REST timer is deleted')
            [CompletionResult]::new('report', 'report', [CompletionResultType]::ParameterValue, 'The whole cutover on one page: where each feature stands, the weeks, what differed, who signed, what was not seen')
            [CompletionResult]::new('audit', 'audit', [CompletionResultType]::ParameterValue, 'Where Thor''s source has the timers, pollers, endpoints, broadcasts and flag reads of each feature')
            [CompletionResult]::new('enable', 'enable', [CompletionResultType]::ParameterValue, 'Switch a feature to the WebSocket: edits the env files, once the checklist says GO for `cutover`')
            [CompletionResult]::new('rollback', 'rollback', [CompletionResultType]::ParameterValue, 'Switch a feature back to REST: edits the env files at once, and is never refused')
            [CompletionResult]::new('sign-off', 'sign-off', [CompletionResultType]::ParameterValue, 'Put a person''s word on the ledger: for a deletion, for a manual gate, or for things accepted by name')
            [CompletionResult]::new('evidence', 'evidence', [CompletionResultType]::ParameterValue, 'The ledger: what was observed, changed and signed; how it travels, and whether it is what it was')
            [CompletionResult]::new('gates', 'gates', [CompletionResultType]::ParameterValue, 'The gates: what each measures, and for which decision')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Why is nothing arriving? Each link from the configuration to each feature''s first message, with its fix')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'An embedded Thor on loopback with one planted fault, and the three main commands on it')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a commented thor-cutover.toml; never overwrites one')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the man page of the tool, or of one command')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Print the JSON Schema of a command''s JSON output, or of the configuration')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'thor-cutover;help;status' {
            break
        }
        'thor-cutover;help;shadow-diff' {
            break
        }
        'thor-cutover;help;watch' {
            break
        }
        'thor-cutover;help;replay' {
            break
        }
        'thor-cutover;help;checklist' {
            break
        }
        'thor-cutover;help;report' {
            break
        }
        'thor-cutover;help;audit' {
            break
        }
        'thor-cutover;help;enable' {
            break
        }
        'thor-cutover;help;rollback' {
            break
        }
        'thor-cutover;help;sign-off' {
            break
        }
        'thor-cutover;help;evidence' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'One line an entry, oldest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'One entry with everything it says')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write every entry to a file, as NDJSON; noted on the ledger as archived')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Take in the entries of exported files, marked as imported')
            [CompletionResult]::new('copy', 'copy', [CompletionResultType]::ParameterValue, 'Copy every entry of one store to another, as it stands')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check the chains, and derive what runs with a recording say from it again')
            [CompletionResult]::new('key', 'key', [CompletionResultType]::ParameterValue, 'The key of the pseudonyms: one for a team, so that its runs are of one account')
            [CompletionResult]::new('signing-key', 'signing-key', [CompletionResultType]::ParameterValue, 'Make a key that signs exports; prints its public key for `[evidence] trusted_keys`')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Remove old runs; those that a granted decision rests on stay')
            break
        }
        'thor-cutover;help;evidence;list' {
            break
        }
        'thor-cutover;help;evidence;show' {
            break
        }
        'thor-cutover;help;evidence;export' {
            break
        }
        'thor-cutover;help;evidence;import' {
            break
        }
        'thor-cutover;help;evidence;copy' {
            break
        }
        'thor-cutover;help;evidence;verify' {
            break
        }
        'thor-cutover;help;evidence;key' {
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write the key to a file that only you can read')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Take the key of a colleague')
            [CompletionResult]::new('fingerprint', 'fingerprint', [CompletionResultType]::ParameterValue, 'Print what tells this key from another, and tells nothing else')
            break
        }
        'thor-cutover;help;evidence;key;export' {
            break
        }
        'thor-cutover;help;evidence;key;import' {
            break
        }
        'thor-cutover;help;evidence;key;fingerprint' {
            break
        }
        'thor-cutover;help;evidence;signing-key' {
            break
        }
        'thor-cutover;help;evidence;prune' {
            break
        }
        'thor-cutover;help;gates' {
            break
        }
        'thor-cutover;help;doctor' {
            break
        }
        'thor-cutover;help;demo' {
            break
        }
        'thor-cutover;help;init' {
            break
        }
        'thor-cutover;help;completions' {
            break
        }
        'thor-cutover;help;man' {
            break
        }
        'thor-cutover;help;schema' {
            break
        }
        'thor-cutover;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
