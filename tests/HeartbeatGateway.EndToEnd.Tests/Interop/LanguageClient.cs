namespace HeartbeatGateway.EndToEnd.Tests.Interop;

/// <summary>A running client of docs/clients.md: the process, and the events that it prints.</summary>
internal sealed class LanguageClient : ChildProcess
{
    /// <summary>Exit code after a close that is final.</summary>
    public const int ClosedForGood = 3;

    private LanguageClient(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?> environment)
        : base(file, arguments, environment)
    {
    }

    /// <summary>Starts a client; its secret travels in the environment, as the page recommends.</summary>
    /// <param name="command">From <see cref="ClientBuilds"/>.</param>
    /// <param name="port">Of a gateway on the loopback.</param>
    /// <param name="clientId">Its name.</param>
    /// <param name="heartbeatSeconds">What it asks for.</param>
    /// <param name="clockOffsetSeconds">By how much its clock is wrong.</param>
    /// <param name="keyId">What it names its key in tokens; null for tokens without an id.</param>
    /// <param name="inputScript">A shell script whose output is the client's input; null for an input that stays silent.</param>
    public static LanguageClient Start(
        IReadOnlyList<string> command, int port, string clientId = "pump-17", int heartbeatSeconds = 2, int clockOffsetSeconds = 0, string? keyId = null,
        string? inputScript = null)
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["GATEWAY_SECRET"] = Testing.TestSecrets.Secret,
            ["GATEWAY_KEY_ID"] = keyId,
            ["HEARTBEAT_SECONDS"] = $"{heartbeatSeconds}",
            ["CLOCK_OFFSET_SECONDS"] = $"{clockOffsetSeconds}",
            // A client that writes local time by mistake is caught wherever the test runs.
            ["TZ"] = "Asia/Shanghai",
            // Where the tests may run as they are, leaks cannot be looked for; memory errors can.
            ["ASAN_OPTIONS"] = "detect_leaks=0",
            ["INPUT"] = inputScript,
        };
        string[] all = [.. command, "127.0.0.1", $"{port}", "-", clientId];
        // exec keeps the process: signals reach the client itself.
        return inputScript is null
            ? new LanguageClient(all[0], all[1..], environment)
            : new LanguageClient("bash", ["-c", "exec \"$@\" < <(eval \"$INPUT\")", "bash", .. all], environment);
    }

    /// <summary>Waits for an event, and gives its line.</summary>
    public async Task<string> EventAsync(string start, int from = 0)
    {
        var behind = await SawAsync(start, from);
        return Lines[behind - 1];
    }

    /// <summary>The value of <c>name=value</c> in an event.</summary>
    public static string Field(string line, string name) =>
        line.Split(' ').Single(word => word.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];
}
