
use builtin;
use str;

set edit:completion:arg-completer[thor-cutover] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'thor-cutover'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'thor-cutover'= {
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand --format 'Form of the answer; each command says which it has'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand status 'Which flags are on, according to whom; each feature''s stage and newest evidence, what is missing, what is next'
            cand shadow-diff 'Do REST and WebSocket say the same? Observes both side by side over one socket'
            cand watch 'Observes every session of every feature for weeks, sleeps in between, and keeps the evidence: a service'
            cand replay 'The same judgment from a recording, or from a browser''s HAR; never writes to the ledger'
            cand checklist 'Go or no-go before a flag is flipped or a REST timer is deleted'
            cand report 'The whole cutover on one page: where each feature stands, the weeks, what differed, who signed, what was not seen'
            cand audit 'Where Thor''s source has the timers, pollers, endpoints, broadcasts and flag reads of each feature'
            cand enable 'Switch a feature to the WebSocket: edits the env files, once the checklist says GO for `cutover`'
            cand rollback 'Switch a feature back to REST: edits the env files at once, and is never refused'
            cand sign-off 'Put a person''s word on the ledger: for a deletion, for a manual gate, or for things accepted by name'
            cand evidence 'The ledger: what was observed, changed and signed; how it travels, and whether it is what it was'
            cand gates 'The gates: what each measures, and for which decision'
            cand doctor 'Why is nothing arriving? Each link from the configuration to each feature''s first message, with its fix'
            cand demo 'An embedded Thor on loopback with one planted fault, and the three main commands on it'
            cand init 'Write a commented thor-cutover.toml; never overwrites one'
            cand completions 'Print a completion script for a shell'
            cand man 'Print the man page of the tool, or of one command'
            cand schema 'Print the JSON Schema of a command''s JSON output, or of the configuration'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'thor-cutover;status'= {
            cand --flags-url 'Ask this URL for the flags a running backend serves, a JSON object of name to true or false'
            cand --pid 'Read the environment of this running process (Linux)'
            cand --source 'Thor''s source tree, for the stage of each feature [default: `[source] root`, else none is searched]'
            cand --watch 'Say it again and again, every 5 s or as often as said, until Ctrl-C'
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;shadow-diff'= {
            cand --for 'How long to observe [default: until every gate is decided, 60s to 10m]'
            cand --samples 'Stop after this many REST samples of each feature'
            cand --every 'Poll REST this often instead of each feature''s own interval; at least 50ms'
            cand --record 'Record every observation to this file (.zst compresses)'
            cand --rotate 'Begin another file of the recording after this much, such as 100MB, before compression'
            cand --source 'Thor''s source tree, whose code this run is evidence of [default: `[source] root`, else the current folder]'
            cand --revision 'Backend revision this run is evidence of [default: the source tree as it stands]'
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand --until-close 'Observe until the market session of the features closes; waits until it opens'
            cand --no-wait 'Do not wait for a market that is closed: exit 3 and say when it opens'
            cand --resume 'Go on with the interrupted recording that --record names, and with its evidence'
            cand --plain 'Say lines instead of drawing a view: for screen readers, and for logs of a terminal'
            cand --no-evidence 'Do not write this run to the ledger'
            cand --keep-identifiers 'Keep account numbers as they are instead of pseudonyms'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;watch'= {
            cand --target 'Observe only these of the configured targets'
            cand --listen 'Serve /metrics and /healthz on this address, such as 127.0.0.1:9464'
            cand --notify 'Run this program for each new difference, change of a verdict and end of a session, told as JSON on its stdin'
            cand --source 'Thor''s source tree, whose code the evidence is bound to [default: `[source] root`, else the current folder]'
            cand --revision 'Backend revision the evidence is about [default: the source tree as it stands]'
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand --expose 'The address may be one that other machines reach'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;replay'= {
            cand --feature 'Judge only these features'
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;checklist'= {
            cand --decision 'Which decision [default: claimed without a feature, next with one]'
            cand --source 'Thor''s source tree [default: `[source] root`, else the current folder]'
            cand --since 'Compare with this revision of the source tree to see what is gone'
            cand --revision 'Backend revision the decision is about [default: git of the source tree]'
            cand --log-file 'The backend''s log: errors of the WebSocket path inside the observed time are no-go'
            cand --console-log 'The browser console''s log with its `[WS]` lines'
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand --require-source 'Fail (exit 2) when no source tree of Thor is found'
            cand --summary 'Also append the Markdown to the file that GITHUB_STEP_SUMMARY names'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;report'= {
            cand --last 'Tell only of the last so long, such as 4w [default: everything on the ledger]'
            cand --source 'Thor''s source tree [default: `[source] root`, else the current folder]'
            cand --revision 'Backend revision that the decisions are about [default: git of the source tree]'
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;audit'= {
            cand --source 'Thor''s source tree [default: `[source] root`, else the current folder]'
            cand --since 'Compare with this revision of the source tree: what is gone, what is left'
            cand --plan 'Print what to delete of a feature''s REST side, callers first; nothing is edited'
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;enable'= {
            cand --reason 'Why it is forced'
            cand --source 'Thor''s source tree [default: `[source] root`, else the current folder]'
            cand --revision 'Backend revision the decision is about [default: git of the source tree]'
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand --dry-run 'Show what would change, and change nothing'
            cand --force 'Do it without GO, or out of order; kept on the ledger with the reason'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;rollback'= {
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand --dry-run 'Show what would change, and change nothing'
            cand --rehearsal 'To practise: the GO for `cutover` stays, the flag is meant to go on again'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;sign-off'= {
            cand --gate 'What the word is for'
            cand --by 'Who signs; asked for on a terminal'
            cand --role 'In which role; asked for on a terminal'
            cand --note 'What was looked at; asked for on a terminal'
            cand --accept 'Accept a field (`/cash`) or a hazard by its name or fingerprint'
            cand --tag 'The release tag that contains the work; for `--gate release`'
            cand --revoke 'Take back the sign-off whose id begins so'
            cand --source 'Thor''s source tree [default: `[source] root`, else the current folder]'
            cand --revision 'Backend revision that is signed [default: git of the source tree]'
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;evidence'= {
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand list 'One line an entry, oldest first'
            cand show 'One entry with everything it says'
            cand export 'Write every entry to a file, as NDJSON; noted on the ledger as archived'
            cand import 'Take in the entries of exported files, marked as imported'
            cand copy 'Copy every entry of one store to another, as it stands'
            cand verify 'Check the chains, and derive what runs with a recording say from it again'
            cand key 'The key of the pseudonyms: one for a team, so that its runs are of one account'
            cand signing-key 'Make a key that signs exports; prints its public key for `[evidence] trusted_keys`'
            cand prune 'Remove old runs; those that a granted decision rests on stay'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'thor-cutover;evidence;list'= {
            cand --feature 'Only entries about this feature'
            cand --kind 'Only entries of this kind'
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;evidence;show'= {
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;evidence;export'= {
            cand --sign 'Also write FILE.minisig, signed by the key that `evidence signing-key` wrote to this file'
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;evidence;import'= {
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;evidence;copy'= {
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;evidence;verify'= {
            cand --recording 'Recordings, found by their digest [default: those that the runs name, where they were made]'
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;evidence;key'= {
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand export 'Write the key to a file that only you can read'
            cand import 'Take the key of a colleague'
            cand fingerprint 'Print what tells this key from another, and tells nothing else'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'thor-cutover;evidence;key;export'= {
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;evidence;key;import'= {
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand --replace 'Take it although there is another one, under which runs may have been made'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;evidence;key;fingerprint'= {
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;evidence;key;help'= {
            cand export 'Write the key to a file that only you can read'
            cand import 'Take the key of a colleague'
            cand fingerprint 'Print what tells this key from another, and tells nothing else'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'thor-cutover;evidence;key;help;export'= {
        }
        &'thor-cutover;evidence;key;help;import'= {
        }
        &'thor-cutover;evidence;key;help;fingerprint'= {
        }
        &'thor-cutover;evidence;key;help;help'= {
        }
        &'thor-cutover;evidence;signing-key'= {
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;evidence;prune'= {
            cand --older-than 'Runs that ended longer ago than this, such as 90d'
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand --yes 'Really remove them; without it they are only listed'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;evidence;help'= {
            cand list 'One line an entry, oldest first'
            cand show 'One entry with everything it says'
            cand export 'Write every entry to a file, as NDJSON; noted on the ledger as archived'
            cand import 'Take in the entries of exported files, marked as imported'
            cand copy 'Copy every entry of one store to another, as it stands'
            cand verify 'Check the chains, and derive what runs with a recording say from it again'
            cand key 'The key of the pseudonyms: one for a team, so that its runs are of one account'
            cand signing-key 'Make a key that signs exports; prints its public key for `[evidence] trusted_keys`'
            cand prune 'Remove old runs; those that a granted decision rests on stay'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'thor-cutover;evidence;help;list'= {
        }
        &'thor-cutover;evidence;help;show'= {
        }
        &'thor-cutover;evidence;help;export'= {
        }
        &'thor-cutover;evidence;help;import'= {
        }
        &'thor-cutover;evidence;help;copy'= {
        }
        &'thor-cutover;evidence;help;verify'= {
        }
        &'thor-cutover;evidence;help;key'= {
            cand export 'Write the key to a file that only you can read'
            cand import 'Take the key of a colleague'
            cand fingerprint 'Print what tells this key from another, and tells nothing else'
        }
        &'thor-cutover;evidence;help;key;export'= {
        }
        &'thor-cutover;evidence;help;key;import'= {
        }
        &'thor-cutover;evidence;help;key;fingerprint'= {
        }
        &'thor-cutover;evidence;help;signing-key'= {
        }
        &'thor-cutover;evidence;help;prune'= {
        }
        &'thor-cutover;evidence;help;help'= {
        }
        &'thor-cutover;gates'= {
            cand --explain 'A page about one gate: why it is asked, what it looks like when it does not pass, what to do then'
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;doctor'= {
            cand --for 'How long to listen at most; slower features stay undecided [default: 15s]'
            cand --redis 'Also send one PING to the channel layer''s Redis'
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;demo'= {
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;init'= {
            cand --contract 'The built-in contract to start from: thor-a, thor-b or none'
            cand --from 'Propose what this recording suggests (made with `shadow-diff --record`); may repeat'
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -y 'Take every default instead of asking'
            cand --yes 'Take every default instead of asking'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;completions'= {
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;man'= {
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;schema'= {
            cand --format 'Form of the answer'
            cand --config 'Configuration file [default: the nearest thor-cutover.toml upwards from here]'
            cand --rest-url 'Base URL of Thor''s REST API'
            cand --ws-url 'URL of Thor''s WebSocket, the slash at the end included [default: derived from the REST URL]'
            cand --origin 'Origin header of the handshake; Channels refuses one that is not an allowed host'
            cand --evidence 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor'
            cand -o 'Write the answer to a file instead of stdout'
            cand --output 'Write the answer to a file instead of stdout'
            cand --color 'When to colour'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr; twice for everything'
            cand --verbose 'Say more on stderr; twice for everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'thor-cutover;help'= {
            cand status 'Which flags are on, according to whom; each feature''s stage and newest evidence, what is missing, what is next'
            cand shadow-diff 'Do REST and WebSocket say the same? Observes both side by side over one socket'
            cand watch 'Observes every session of every feature for weeks, sleeps in between, and keeps the evidence: a service'
            cand replay 'The same judgment from a recording, or from a browser''s HAR; never writes to the ledger'
            cand checklist 'Go or no-go before a flag is flipped or a REST timer is deleted'
            cand report 'The whole cutover on one page: where each feature stands, the weeks, what differed, who signed, what was not seen'
            cand audit 'Where Thor''s source has the timers, pollers, endpoints, broadcasts and flag reads of each feature'
            cand enable 'Switch a feature to the WebSocket: edits the env files, once the checklist says GO for `cutover`'
            cand rollback 'Switch a feature back to REST: edits the env files at once, and is never refused'
            cand sign-off 'Put a person''s word on the ledger: for a deletion, for a manual gate, or for things accepted by name'
            cand evidence 'The ledger: what was observed, changed and signed; how it travels, and whether it is what it was'
            cand gates 'The gates: what each measures, and for which decision'
            cand doctor 'Why is nothing arriving? Each link from the configuration to each feature''s first message, with its fix'
            cand demo 'An embedded Thor on loopback with one planted fault, and the three main commands on it'
            cand init 'Write a commented thor-cutover.toml; never overwrites one'
            cand completions 'Print a completion script for a shell'
            cand man 'Print the man page of the tool, or of one command'
            cand schema 'Print the JSON Schema of a command''s JSON output, or of the configuration'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'thor-cutover;help;status'= {
        }
        &'thor-cutover;help;shadow-diff'= {
        }
        &'thor-cutover;help;watch'= {
        }
        &'thor-cutover;help;replay'= {
        }
        &'thor-cutover;help;checklist'= {
        }
        &'thor-cutover;help;report'= {
        }
        &'thor-cutover;help;audit'= {
        }
        &'thor-cutover;help;enable'= {
        }
        &'thor-cutover;help;rollback'= {
        }
        &'thor-cutover;help;sign-off'= {
        }
        &'thor-cutover;help;evidence'= {
            cand list 'One line an entry, oldest first'
            cand show 'One entry with everything it says'
            cand export 'Write every entry to a file, as NDJSON; noted on the ledger as archived'
            cand import 'Take in the entries of exported files, marked as imported'
            cand copy 'Copy every entry of one store to another, as it stands'
            cand verify 'Check the chains, and derive what runs with a recording say from it again'
            cand key 'The key of the pseudonyms: one for a team, so that its runs are of one account'
            cand signing-key 'Make a key that signs exports; prints its public key for `[evidence] trusted_keys`'
            cand prune 'Remove old runs; those that a granted decision rests on stay'
        }
        &'thor-cutover;help;evidence;list'= {
        }
        &'thor-cutover;help;evidence;show'= {
        }
        &'thor-cutover;help;evidence;export'= {
        }
        &'thor-cutover;help;evidence;import'= {
        }
        &'thor-cutover;help;evidence;copy'= {
        }
        &'thor-cutover;help;evidence;verify'= {
        }
        &'thor-cutover;help;evidence;key'= {
            cand export 'Write the key to a file that only you can read'
            cand import 'Take the key of a colleague'
            cand fingerprint 'Print what tells this key from another, and tells nothing else'
        }
        &'thor-cutover;help;evidence;key;export'= {
        }
        &'thor-cutover;help;evidence;key;import'= {
        }
        &'thor-cutover;help;evidence;key;fingerprint'= {
        }
        &'thor-cutover;help;evidence;signing-key'= {
        }
        &'thor-cutover;help;evidence;prune'= {
        }
        &'thor-cutover;help;gates'= {
        }
        &'thor-cutover;help;doctor'= {
        }
        &'thor-cutover;help;demo'= {
        }
        &'thor-cutover;help;init'= {
        }
        &'thor-cutover;help;completions'= {
        }
        &'thor-cutover;help;man'= {
        }
        &'thor-cutover;help;schema'= {
        }
        &'thor-cutover;help;help'= {
        }
    ]
    $completions[$command]
}
