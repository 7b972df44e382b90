using System.Net;
using System.Net.Http.Headers;
using System.Text;
using HeartbeatGateway.Client;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>Bans of a process that is stopped and started again.</summary>
public sealed class BanFileTests
{
    private const string Key = "the-key-of-an-operator";

    [Fact]
    public async Task Bans_survive_a_restart_and_a_damaged_file_stops_the_start()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-bans-");
        try
        {
            var file = Path.Combine(folder.FullName, "bans.json");
            (string, string?)[] settings =
            [
                ("Gateway__Bans__File", file), ("Gateway__Admin__Keys__0__Id", "operator"), ("Gateway__Admin__Keys__0__Key", Key), ("Gateway__Admin__Keys__0__Scope", "Admin"),
            ];
            await using (var gateway = await GatewayProcess.StartAsync(settings))
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/bans") { Content = new StringContent("""{"clientId":"pump-17","comment":"kept"}""", Encoding.UTF8, "application/json") };
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Key);
                using var response = await gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
                Assert.Equal(HttpStatusCode.Created, response.StatusCode);
            }

            await using (var gateway = await GatewayProcess.StartAsync(settings))
            {
                Assert.Equal(1, await gateway.MetricAsync("heartbeatgateway_bans{kind=\"client\"}"));
                await using var client = new GatewayClient(new GatewayClientOptions
                {
                    Endpoints = [gateway.EndPoint],
                    ClientId = "pump-17",
                    Tokens = new TokenKeyringOptions { Scheme = TokenScheme.HmacSha256, Secrets = [new TokenSecret(TestSecrets.KeyId, TestSecrets.Secret)] },
                    InitialJitter = TimeSpan.Zero,
                });
                var refused = await Assert.ThrowsAnyAsync<Exception>(() => client.ConnectAsync(TestContext.Current.CancellationToken));
                Assert.Contains(CloseReason.Banned.ToWireName(), refused.Message, StringComparison.Ordinal);

                // Replaced by hand while it runs.
                await File.WriteAllTextAsync(file, """{"bans":[{"kind":"address","value":"198.51.100.0/24"}]}""", TestContext.Current.CancellationToken);
                await gateway.ReachesAsync("heartbeatgateway_bans{kind=\"address\"}", 1);
                Assert.Equal(0, await gateway.MetricAsync("heartbeatgateway_bans{kind=\"client\"}"));
            }

            await File.WriteAllTextAsync(file, "{\n\"bans\": [\n{ \"kind\": \"cli", TestContext.Current.CancellationToken);
            foreach (var command in new[] { Array.Empty<string>(), ["--check-config"] })
            {
                await using var gateway = new ChildProcess("dotnet", [Repository.GatewayDll, .. command], GatewayProcess.Environment(0, 0, settings), Path.GetTempPath());
                Assert.Equal(1, await gateway.ExitCodeAsync());
                Assert.Contains(gateway.Lines, line => line.Contains($"HeartbeatGateway cannot start: The file of bans {file} (Gateway:Bans:File) cannot be used: line 3: ", StringComparison.Ordinal));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
