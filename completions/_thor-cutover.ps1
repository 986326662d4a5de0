Register-ArgumentCompleter -Native -CommandName thor-cutover -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $prev = $env:_THOR_CUTOVER_COMPLETE;
    $env:_THOR_CUTOVER_COMPLETE = "powershell";

    $args = $commandAst.Extent.Text
    $args = $args.Substring(0, [math]::Min($cursorPosition, $args.Length));
    if ($wordToComplete -eq "") {
        $args += " ''";
    }

    $results = Invoke-Expression @"
& thor-cutover -- $args
"@;
    if ($null -eq $prev) {
        Remove-Item Env:\_THOR_CUTOVER_COMPLETE;
    } else {
        $env:_THOR_CUTOVER_COMPLETE = $prev;
    }
    $results | ForEach-Object {
        $split = $_.Split("`t");
        $cmd = $split[0];

        if ($split.Length -eq 2) {
            $help = $split[1];
        }
        else {
            $help = $split[0];
        }

        [System.Management.Automation.CompletionResult]::new($cmd, $cmd, 'ParameterValue', $help)
    }
};
