using System.CommandLine;

namespace HeartbeatGateway.Cli;

/// <summary>Finds the command or option that a misspelt word probably means.</summary>
internal static class DidYouMean
{
    // No command or option is longer. The comparison takes time and memory in proportion to the length.
    private const int MaxWordChars = 64;

    /// <summary>A sentence with the nearest names, or an empty text.</summary>
    public static string Advice(string word, Command command)
    {
        var near = Nearest(word, word.StartsWith('-') ? OptionsOf(command) : CommandsOf(command));
        return near.Count == 0 ? "" : $" Did you mean {string.Join(" or ", near.Select(n => $"'{n}'"))}?";
    }

    /// <summary>Refuses option-like words that a positional argument would take.</summary>
    public static void RefuseOptions<T>(Argument<T> argument) => argument.Validators.Add(result =>
    {
        var command = result.Parent is System.CommandLine.Parsing.CommandResult parent ? parent.Command : null;
        foreach (var token in result.Tokens.Where(t => t.Value.StartsWith('-')))
        {
            result.AddError($"'{token.Value}' is not an option of this command.{(command is null ? "" : Advice(token.Value, command))}");
        }
    });

    /// <summary>A command with its parents, as it is typed.</summary>
    public static string Path(Command command)
    {
        var parent = command.Parents.OfType<Command>().FirstOrDefault();
        return command is RootCommand || parent is null ? Hbg.Name : $"{Path(parent)} {command.Name}";
    }

    /// <summary>The candidates with the fewest edits; none when the word is too different from all.</summary>
    public static IReadOnlyList<string> Nearest(string word, IEnumerable<(string Word, string Shown)> candidates)
    {
        if (word.Length > MaxWordChars) return [];
        // A typing error changes one or two characters. With three characters or fewer, two edits would match almost everything.
        var most = word.TrimStart('-').Length <= 3 ? 1 : 2;
        var ranked = candidates.Select(c => (c.Shown, Edits: Edits(word, c.Word))).Where(c => c.Edits <= most).ToList();
        return ranked.Count == 0 ? [] : [.. ranked.Where(c => c.Edits == ranked.Min(r => r.Edits)).Select(c => c.Shown).Distinct()];
    }

    private static IEnumerable<(string, string)> OptionsOf(Command command) =>
        command.Options.Where(o => !o.Hidden).SelectMany(o => o.Aliases.Append(o.Name)).Where(n => n.Length > 2).Select(n => (n, n));

    private static IEnumerable<(string, string)> CommandsOf(Command command) =>
        command.Subcommands.SelectMany(c => c.Subcommands.Select(s => (s.Name, $"{Path(command)} {c.Name} {s.Name}")).Prepend((c.Name, $"{Path(command)} {c.Name}")));

    /// <summary>Inserted, deleted, replaced, or swapped adjacent characters between two words (optimal string alignment distance).</summary>
    private static int Edits(string from, string to)
    {
        var table = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++) table[i, 0] = i;
        for (var j = 0; j <= to.Length; j++) table[0, j] = j;
        for (var i = 1; i <= from.Length; i++)
        {
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = table[i - 1, j - 1] + (char.ToLowerInvariant(from[i - 1]) == to[j - 1] ? 0 : 1);
                table[i, j] = Math.Min(Math.Min(table[i - 1, j], table[i, j - 1]) + 1, replaced);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) table[i, j] = Math.Min(table[i, j], table[i - 2, j - 2] + 1);
            }
        }

        return table[from.Length, to.Length];
    }
}
