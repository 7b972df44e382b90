using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Tests;

internal static class TestTokens
{
    public static TokenSettings Settings(params string[] secrets)
    {
        if (secrets.Length == 0) secrets = [CliRun.Secret];
        return new TokenSettings(new TokenKeyringOptions { Secrets = [.. secrets.Select((s, i) => new TokenSecret($"k{i + 1}", s))] }, NameKey: false, secrets);
    }
}
