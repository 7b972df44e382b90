using System.CommandLine;
using System.CommandLine.Parsing;

namespace HeartbeatGateway.Cli;

/// <summary>The messages for a command line that is not valid.</summary>
internal static class UsageErrors
{
    /// <summary>One message per error, each on one line.</summary>
    public static IEnumerable<string> Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var unknown = parsed.UnmatchedTokens;
        // With an unknown word, "a command is required" says nothing more.
        var isWordUnknown = unknown.Count > 0 && command.Subcommands.Count > 0;
        foreach (var word in unknown) yield return Unknown(word, command);
        foreach (var error in parsed.Errors)
        {
            if (unknown.Any(word => error.Message.Contains($"'{word}'", StringComparison.Ordinal)) && error.SymbolResult is null or CommandResult) continue;
            if (isWordUnknown && error.SymbolResult is CommandResult) continue;
            yield return NumberFault(error) ?? error.Message.ReplaceLineEndings(" ").Replace("\t", "", StringComparison.Ordinal);
        }
    }

    private static string Unknown(string word, Command command)
    {
        var isOption = word.StartsWith('-');
        var what = isOption ? "option" : command.Subcommands.Count > 0 ? "command" : "argument";
        var advice = DidYouMean.Advice(word, command);
        if (advice.Length == 0 && what == "command") advice = $" The commands are: {string.Join(", ", command.Subcommands.Select(c => c.Name))}.";
        return $"'{word}' is not {(what == "command" ? "a" : "an")} {what} of {DidYouMean.Path(command)}.{advice}";
    }

    /// <summary>The parser's message for a value that is not a number names a type of .NET. This one names the option and the form.</summary>
    private static string? NumberFault(ParseError error)
    {
        if (error.SymbolResult is not { } result || result.Tokens is not [.., { Value: var value }]) return null;
        var (name, type) = result switch
        {
            OptionResult option => (option.Option.Name, option.Option.ValueType),
            ArgumentResult { Parent: OptionResult option } => (option.Option.Name, option.Option.ValueType),
            ArgumentResult argument => (argument.Argument.Name, argument.Argument.ValueType),
            _ => ("", typeof(string)),
        };
        var form = Type.GetTypeCode(Nullable.GetUnderlyingType(type) ?? type) switch
        {
            TypeCode.Int32 => $"a whole number of at most {int.MaxValue}",
            TypeCode.Int64 => $"a whole number of at most {long.MaxValue}",
            TypeCode.Double => "a number such as 1000 or 0.5",
            TypeCode.Boolean => "true or false",
            _ => null,
        };
        return form is null || !error.Message.Contains(nameof(System), StringComparison.Ordinal) ? null : $"{name} is '{value}', but must be {form}.";
    }
}
