set edit:completion:arg-completer[thor-cutover] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) _THOR_CUTOVER_COMPLETE="elvish" thor-cutover -- $@words) | to-lines
}
