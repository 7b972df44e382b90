using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using HeartbeatGateway.Client;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>Runs the examples of docs/api.md in their order against a gateway, and compares their answers with the documented ones.</summary>
public sealed partial class ApiDocumentTests
{
    private const string Key = "the-key-of-an-operator";

    [Fact]
    public async Task Every_example_answers_as_documented()
    {
        await using var gateway = await GatewayProcess.StartAsync(
            ("Gateway__Tokens__Keys__0__Id", TestSecrets.KeyId), ("Gateway__Tokens__Keys__0__Secret", TestSecrets.Secret),
            ("Gateway__Admin__Keys__0__Id", "operator"), ("Gateway__Admin__Keys__0__Key", Key), ("Gateway__Admin__Keys__0__Scope", "Admin"));
        await using var client = new GatewayClient(new GatewayClientOptions
        {
            Endpoints = [gateway.EndPoint],
            ClientId = "pump-17",
            Tokens = new TokenKeyringOptions { Scheme = TokenScheme.HmacSha256, Secrets = [new TokenSecret(TestSecrets.KeyId, TestSecrets.Secret)] },
            InitialJitter = TimeSpan.Zero,
        });
        await client.ConnectAsync(TestContext.Current.CancellationToken);

        var document = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "api.md"), TestContext.Current.CancellationToken);
        var examples = Example().Matches(document).Where(m => m.Groups["command"].Value.Contains("curl", StringComparison.Ordinal)).ToList();
        Assert.True(examples.Count > 10, $"The document has {examples.Count} examples.");
        foreach (var example in examples)
        {
            // A client that was told to reconnect needs a moment.
            while (!await IsConnectedAsync(gateway)) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
            var command = example.Groups["command"].Value;
            var output = await RunAsync(command, gateway);
            if (example.Groups["answer"] is { Success: true } answer) AssertSameShape(JsonDocument.Parse(answer.Value).RootElement, JsonDocument.Parse(output).RootElement, command);
            else Assert.Matches("^(404|204|: events after [0-9a-f]{16}-[0-9]+|event: history)", output.TrimStart());
        }
    }

    private static async Task<bool> IsConnectedAsync(GatewayProcess gateway)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/clients/pump-17");
        request.Headers.Authorization = new("Bearer", Key);
        using var response = await gateway.Http.SendAsync(request);
        return response.IsSuccessStatusCode;
    }

    private static async Task<string> RunAsync(string command, GatewayProcess gateway)
    {
        await using var shell = new ChildProcess("bash", ["-c", command], new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["GATEWAY"] = $"http://{IPAddress.Loopback}:{gateway.HttpPort}",
            ["HBG_KEY"] = Key,
            ["PATH"] = Environment.GetEnvironmentVariable("PATH"),
        });
        Assert.True(await shell.ExitCodeAsync() == 0, $"{command}\n{string.Join('\n', shell.Lines)}");
        return string.Join('\n', shell.Lines);
    }

    /// <summary>The same names in every object. A value that is null in one of them may have any shape in the other.</summary>
    private static void AssertSameShape(JsonElement documented, JsonElement answered, string where)
    {
        if (documented.ValueKind == JsonValueKind.Null || answered.ValueKind == JsonValueKind.Null) return;
        var kind = documented.ValueKind is JsonValueKind.True ? JsonValueKind.False : documented.ValueKind;
        Assert.True(kind == (answered.ValueKind is JsonValueKind.True ? JsonValueKind.False : answered.ValueKind), $"{where}: documented {documented}, answered {answered}");
        if (kind == JsonValueKind.Object)
        {
            Assert.Equal(documented.EnumerateObject().Select(p => p.Name), answered.EnumerateObject().Select(p => p.Name));
            foreach (var property in documented.EnumerateObject()) AssertSameShape(property.Value, answered.GetProperty(property.Name), $"{where} {property.Name}");
        }

        if (kind != JsonValueKind.Array || documented.GetArrayLength() == 0 || documented[0].ValueKind != JsonValueKind.Object) return;
        Assert.True(answered.GetArrayLength() > 0, $"{where}: the answer's list is empty.");
        AssertSameShape(documented[0], answered[0], $"{where} [0]");
    }

    [GeneratedRegex("```sh\n(?<command>.*?)```(\n```json\n(?<answer>.*?)```)?", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Example();
}
