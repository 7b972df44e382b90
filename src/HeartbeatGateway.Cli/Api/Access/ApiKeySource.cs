using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Api.Access;

/// <summary>Where the key of the HTTP API comes from. There is no option for the key itself: all users of a machine can see command lines.</summary>
internal static class ApiKeySource
{
    /// <summary>The environment variable with the key.</summary>
    public const string Variable = "HBG_KEY";

    /// <summary>The environment variable with the path of a file that contains the key.</summary>
    public const string FileVariable = "HBG_KEY_FILE";

    /// <summary>The key: of the option's file, of <c>HBG_KEY</c>, or of the file of <c>HBG_KEY_FILE</c>, in this order. Null without any.</summary>
    /// <exception cref="CliException">A file cannot be read, or the key cannot be sent in a header. The message does not show the key.</exception>
    public static string? Read(string? file, CliEnvironment environment)
    {
        if (file is not null) return OfFile("--key-file", file, environment);
        if (environment.Variable(Variable) is { Length: > 0 } key) return Checked(key, Variable);
        return environment.Variable(FileVariable) is { Length: > 0 } path ? OfFile(FileVariable, path, environment) : null;
    }

    private static string OfFile(string source, string path, CliEnvironment environment)
    {
        if (!SecretFile.TryRead(TextFile.ReadBytes(source, path, SecretFile.MaxBytes), out var key, out var warnings, out var error))
        {
            throw new CliException(ExitCode.File, $"{source}: '{path}' {error}.");
        }

        if (key.Length == 0) throw new CliException(ExitCode.File, $"{source}: '{path}' contains no key.");
        foreach (var warning in warnings) environment.Warn($"{source}: '{path}' {warning}.");
        return Checked(key, $"{source}: '{path}'");
    }

    private static string Checked(string key, string source) => key.AsSpan().ContainsAnyExceptInRange('!', '~')
        ? throw new CliException(ExitCode.Usage, $"{source} holds a key that no HTTP header can carry: it must consist of printable ASCII characters without blanks.")
        : key;
}
