namespace HeartbeatGateway.EndToEnd.Tests.Interop;

/// <summary>A running client of docs/clients.md: its process and the events that it prints.</summary>
internal sealed class LanguageClient : ChildProcess
{
    /// <summary>Exit code after a close frame that forbids a retry.</summary>
    public const int ClosedForGood = 3;

    private LanguageClient(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?> environment)
        : base(file, arguments, environment)
    {
    }

    /// <summary>Starts a client. The secret is passed in the environment, as the page recommends.</summary>
    /// <param name="command">The command from <see cref="ClientBuilds"/>.</param>
    /// <param name="port">The port of a gateway on the loopback address.</param>
    /// <param name="clientId">The name of the client.</param>
    /// <param name="heartbeatSeconds">The heartbeat interval that the client requests.</param>
    /// <param name="clockOffsetSeconds">The error of the client's clock.</param>
    /// <param name="keyId">The key id in tokens; null for tokens without an id.</param>
    /// <param name="secret">The secret.</param>
    /// <param name="inputScript">A shell script whose output is the client's input; null for no input.</param>
    public static LanguageClient Start(
        IReadOnlyList<string> command, int port, string clientId = "pump-17", int heartbeatSeconds = 2, int clockOffsetSeconds = 0, string? keyId = null,
        string? inputScript = null, string secret = Testing.TestSecrets.Secret)
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["GATEWAY_SECRET"] = secret,
            ["GATEWAY_KEY_ID"] = keyId,
            ["HEARTBEAT_SECONDS"] = $"{heartbeatSeconds}",
            ["CLOCK_OFFSET_SECONDS"] = $"{clockOffsetSeconds}",
            // Detects a client that writes local time by mistake, whatever the time zone of the test machine.
            ["TZ"] = "Asia/Shanghai",
            // Leak detection does not work in every test environment; memory errors are still detected.
            ["ASAN_OPTIONS"] = "detect_leaks=0",
            ["INPUT"] = inputScript,
        };
        string[] all = [.. command, "127.0.0.1", $"{port}", "-", clientId];
        // exec replaces the shell, so that signals reach the client.
        return inputScript is null
            ? new LanguageClient(all[0], all[1..], environment)
            : new LanguageClient("bash", ["-c", "exec \"$@\" < <(eval \"$INPUT\")", "bash", .. all], environment);
    }

    /// <summary>Waits for an event and returns its line.</summary>
    public async Task<string> EventAsync(string start, int from = 0)
    {
        var behind = await SawAsync(start, from);
        return Lines[behind - 1];
    }

    /// <summary>The value of <c>name=value</c> in an event.</summary>
    public static string Field(string line, string name) =>
        line.Split(' ').Single(word => word.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];
}
