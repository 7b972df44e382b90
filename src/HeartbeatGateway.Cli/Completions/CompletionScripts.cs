using System.Collections.Immutable;

namespace HeartbeatGateway.Cli.Completions;

/// <summary>
/// The completion scripts. Each script runs hbg with the parser's directive <c>[suggest:POSITION]</c>, so completions always match
/// the installed version. Options are offered only after a dash. Files are offered when hbg has no suggestion.
/// </summary>
internal static class CompletionScripts
{
    private const string Bash = """
        # bash completion for hbg; load it with: source <(hbg completions bash)
        _hbg_complete() {
          local word=${COMP_WORDS[COMP_CWORD]} line=${COMP_LINE:0:COMP_POINT} suggestion
          local -a suggestions=()
          while IFS= read -r suggestion; do suggestions+=("$suggestion"); done < <("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null)
          COMPREPLY=()
          for suggestion in "${suggestions[@]}"; do
            [[ $suggestion == -* && $word != -* ]] && continue
            [[ $suggestion == "$word"* ]] && COMPREPLY+=("$suggestion")
          done
        }
        complete -o default -F _hbg_complete hbg

        """;

    private const string Zsh = """
        #compdef hbg
        # zsh completion for hbg; load it after compinit with: source <(hbg completions zsh)
        _hbg() {
          local line=$LBUFFER
          local -a suggestions
          suggestions=("${(@f)$(${words[1]} "[suggest:${#line}]" "$line" 2>/dev/null)}")
          [[ ${words[CURRENT]} == -* ]] || suggestions=("${(@)suggestions:#-*}")
          suggestions=("${(@)suggestions:#}")
          if (( ${#suggestions} )); then compadd -- "${suggestions[@]}"; else _files; fi
        }
        compdef _hbg hbg

        """;

    private const string Fish = """
        # fish completion for hbg; load it with: hbg completions fish | source
        function __hbg_complete
          set -l line (commandline -cp)
          set -l word (commandline -ct)
          set -l found
          for suggestion in (hbg "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)
            string match -q -- '-*' "$suggestion"; and not string match -q -- '-*' "$word"; and continue
            set -a found $suggestion
          end
          if set -q found[1]
            printf '%s\n' $found
          else
            __fish_complete_path $word
          end
        end
        complete -c hbg -f -a '(__hbg_complete)'

        """;

    public static ImmutableArray<string> Shells { get; } = ["bash", "zsh", "fish"];

    public static string For(string shell) => (shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        "fish" => Fish,
        _ => throw new ArgumentOutOfRangeException(nameof(shell), shell, "There is no script for this shell."),
    }).ReplaceLineEndings("\n");
}
