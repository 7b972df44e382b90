using System.Net;
using System.Text;
using HeartbeatGateway.Client;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>The complete host of docs/embedding.md, compiled and run as it stands there.</summary>
public sealed class EmbeddingTests : IDisposable
{
    private const int TcpPort = 8081;
    private static readonly Uri Http = new("http://127.0.0.1:8080");
    private readonly string _folder = Directory.CreateTempSubdirectory("heartbeatgateway-embedding-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_host_of_the_document_echoes_pushes_and_lists()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var host = await StartAsync();
        await using var client = new GatewayClient(new GatewayClientOptions
        {
            Endpoints = [new IPEndPoint(IPAddress.Loopback, TcpPort)],
            ClientId = "pump-17",
            Tokens = new TokenKeyringOptions { Scheme = TokenScheme.HmacSha256, Secrets = [new TokenSecret(TestSecrets.KeyId, TestSecrets.Secret)] },
            InitialJitter = TimeSpan.Zero,
        });
        await client.ConnectAsync(cancellationToken);
        await using var messages = client.ReadMessagesAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);

        await client.SendAsync("message", "as it came"u8.ToArray(), cancellationToken);
        Assert.True(await messages.MoveNextAsync());
        Assert.Equal(("echo", "as it came"), (messages.Current.Type, Encoding.UTF8.GetString(messages.Current.Content.Span)));

        using var http = new HttpClient { BaseAddress = Http };
        Assert.Equal("[\"pump-17\"]", await http.GetStringAsync("/clients", cancellationToken));
        using var pushed = await http.PostAsync(new Uri("/clients/pump-17/greet", UriKind.Relative), content: null, cancellationToken);
        Assert.Equal("Accepted", await pushed.Content.ReadAsStringAsync(cancellationToken));
        Assert.True(await messages.MoveNextAsync());
        Assert.Equal(("greeting", "hello"), (messages.Current.Type, Encoding.UTF8.GetString(messages.Current.Content.Span)));
    }

    [Fact]
    public async Task An_unknown_setting_stops_the_host_with_its_key()
    {
        await using var host = await RunAsync(("Gateway__Hartbeat__ReaderIdle", "00:00:07"));
        await host.SawAsync("Gateway:Hartbeat is not a known setting; did you mean Gateway:Heartbeat?");
    }

    private async Task<ChildProcess> StartAsync()
    {
        var host = await RunAsync(("Gateway__Draining__Duration", "00:00:00"));
        await host.SawAsync("Application started");
        return host;
    }

    private async Task<ChildProcess> RunAsync(params (string Name, string Value)[] settings)
    {
        var document = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/embedding.md"));
        const string Begin = "```csharp\n";
        var start = document.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        await File.WriteAllTextAsync(Path.Combine(_folder, "Program.cs"), document[start..document.IndexOf("```", start, StringComparison.Ordinal)]);
        var output = Path.Combine(Repository.Root, "src/HeartbeatGateway.Server/bin", Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(Repository.GatewayDll)))!, "net10.0");
        await File.WriteAllTextAsync(Path.Combine(_folder, "Embedded.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk.Web">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework><Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
              <ItemGroup><Reference Include="{output}/HeartbeatGateway.Server.dll" /><Reference Include="{output}/HeartbeatGateway.Protocol.dll" /></ItemGroup>
            </Project>
            """);
        await using (var build = new ChildProcess("dotnet", ["build", "--nologo", "--output", Path.Combine(_folder, "out")], new Dictionary<string, string?>(StringComparer.Ordinal), _folder))
        {
            Assert.True(await build.ExitCodeAsync(TimeSpan.FromMinutes(3)) == 0, string.Join('\n', build.Lines));
        }

        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Gateway__Tokens__Keys__0__Id"] = TestSecrets.KeyId,
            ["Gateway__Tokens__Keys__0__Secret"] = TestSecrets.Secret,
            ["ASPNETCORE_URLS"] = null,
            // A setting of the service, which tests that run on another transport set for all processes.
            ["Gateway__Tcp__Transport"] = null,
        };
        foreach (var (name, value) in settings) environment[name] = value;
        return new ChildProcess("dotnet", [Path.Combine(_folder, "out/Embedded.dll")], environment, _folder);
    }
}
