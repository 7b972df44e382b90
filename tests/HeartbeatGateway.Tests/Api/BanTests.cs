using System.Net;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Tests.Api;

/// <summary>Bans by the API.</summary>
public sealed class BanTests
{
    [Fact]
    public async Task A_ban_closes_the_client_keeps_it_out_and_can_be_lifted()
    {
        await using var api = await ApiFixture.StartAsync();
        var client = await api.ConnectAsync("pump-1");
        var added = await api.SendAsync("POST", "bans", body: """{"clientId":"pump-1","comment":"sends nonsense"}""");
        Assert.Equal(HttpStatusCode.Created, added.Status);
        Assert.Equal(1, added.Json.GetProperty("closed").GetInt32());
        var ban = added.Json.GetProperty("ban");
        Assert.Equal(
            ["client", "pump-1", "sends nonsense", "operator", "False", "1", """["pump-1"]"""],
            new[] { "kind", "value", "comment", "createdBy", "isAutomatic", "matchingCount", "matching" }.Select(name => $"{ban.GetProperty(name)}"));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, ban.GetProperty("expiresAt").ValueKind);
        var (type, content) = await ApiFixture.ReadFrameAsync(client);
        Assert.Equal("close", type);
        Assert.Contains("\"reason\":\"banned\",\"retry\":false", content, StringComparison.Ordinal);
        Assert.DoesNotContain("nonsense", content, StringComparison.Ordinal);

        using var again = await api.SayHelloAsync("pump-1");
        Assert.Contains("banned", (await ApiFixture.ReadFrameAsync(again)).Content, StringComparison.Ordinal);
        var listed = (await api.GetAsync("bans")).Json;
        Assert.Equal(("pump-1", 1, 0), (listed.GetProperty("bans")[0].GetProperty("value").GetString(), listed.GetProperty("bans")[0].GetProperty("refused").GetInt32(), listed.GetProperty("bans")[0].GetProperty("matchingCount").GetInt32()));
        Assert.Equal("off", listed.GetProperty("automatic").GetProperty("mode").GetString());
        Assert.Equal(1, await api.Host.MetricAsync("heartbeatgateway_bans{kind=\"client\"}"));
        client.Dispose();
        again.Dispose();
        await api.Host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"banned\"}", 2);

        var id = ban.GetProperty("id").GetString();
        Assert.Equal(HttpStatusCode.NoContent, (await api.SendAsync("DELETE", $"bans/{id}")).Status);
        (await api.SendAsync("DELETE", $"bans/{id}")).AssertProblem(HttpStatusCode.NotFound, "ban_not_found");
        await api.ConnectAsync("pump-1");
        Assert.Equal(
            [$"operator unban {id} not found", $"operator unban {id} (client pump-1) lifted", $"operator ban client pump-1 {id}, 1 closed"],
            (await api.GetAsync("audit", ApiFixture.AdminKey)).Json.GetProperty("entries").EnumerateArray().Select(e => $"{e.GetProperty("keyId")} {e.GetProperty("action")} {e.GetProperty("target")} {e.GetProperty("result")}"));
    }

    [Fact]
    public async Task A_key_is_banned_and_anonymous_connections_are_named_by_number()
    {
        await using var api = await ApiFixture.StartAsync();
        await api.ConnectAsync("pump-1");
        await api.ConnectAnonymousAsync();
        var number = (await api.GetAsync("clients")).Json.GetProperty("clients").EnumerateArray().Single(c => c.GetProperty("clientId").GetString() is null).GetProperty("connectionId").GetString();
        var dry = (await api.SendAsync("POST", "bans", body: """{"keyId":"k1","dryRun":true}""")).Json;
        Assert.Equal(2, dry.GetProperty("ban").GetProperty("matchingCount").GetInt32());
        Assert.Equal(0, dry.GetProperty("closed").GetInt32());
        Assert.Empty((await api.GetAsync("bans")).Json.GetProperty("bans").EnumerateArray());
        var added = (await api.SendAsync("POST", "bans", body: """{"keyId":"k1","durationSeconds":60}""")).Json;
        Assert.Equal(2, added.GetProperty("closed").GetInt32());
        Assert.Equal(new[] { $"#{number}", "pump-1" }.Order(), added.GetProperty("ban").GetProperty("matching").EnumerateArray().Select(m => m.GetString()).Order());
        var ban = added.GetProperty("ban");
        Assert.Equal(TimeSpan.FromSeconds(60), ban.GetProperty("expiresAt").GetDateTimeOffset() - ban.GetProperty("createdAt").GetDateTimeOffset());
        Assert.Equal(HttpStatusCode.OK, await api.Host.StatusAsync("/livez"));
    }

    [Fact]
    public async Task A_second_ban_of_the_same_replaces_the_first()
    {
        await using var api = await ApiFixture.StartAsync();
        await api.SendAsync("POST", "bans", body: """{"address":"198.51.100.7","comment":"first"}""");
        var second = await api.SendAsync("POST", "bans", body: """{"address":"::ffff:198.51.100.7","comment":"second","expiresAt":"2126-01-01T00:00:00Z"}""");
        Assert.Equal(HttpStatusCode.Created, second.Status);
        var ban = Assert.Single((await api.GetAsync("bans")).Json.GetProperty("bans").EnumerateArray());
        Assert.Equal(("198.51.100.7", "second"), (ban.GetProperty("value").GetString(), ban.GetProperty("comment").GetString()));
    }

    [Theory]
    [InlineData("""{}""", "invalid_choice")]
    [InlineData("""{"clientId":"a","keyId":"k1"}""", "invalid_choice")]
    [InlineData("""{"clientId":"a b"}""", "invalid_client_id")]
    [InlineData("""{"keyId":"toolong"}""", "invalid_key_id")]
    [InlineData("""{"address":"somewhere"}""", "invalid_address")]
    [InlineData("""{"address":"198.51.100.7/24"}""", "invalid_address")]
    [InlineData("""{"address":"127.0.0.1"}""", "invalid_address")]
    [InlineData("""{"address":"203.0.113.9"}""", "invalid_address")]
    [InlineData("""{"address":"203.0.113.9","dryRun":true}""", "invalid_address")]
    [InlineData("""{"clientId":"a","durationSeconds":0}""", "invalid_expiry")]
    [InlineData("""{"clientId":"a","durationSeconds":1e300}""", "invalid_expiry")]
    [InlineData("""{"clientId":"a","expiresAt":"2020-01-01T00:00:00Z"}""", "invalid_expiry")]
    [InlineData("""{"clientId":"a","durationSeconds":60,"expiresAt":"2126-01-01T00:00:00Z"}""", "invalid_expiry")]
    [InlineData("""{"clientId":"a","expiresAt":"tomorrow"}""", "invalid_body")]
    [InlineData("""{"clientId":"a","comment":"two\nlines"}""", "invalid_comment")]
    [InlineData("""{"clientid":"a","coment":"x"}""", "invalid_body")]
    public async Task Wrong_bodies_are_refused(string body, string code)
    {
        await using var api = await ApiFixture.StartAsync("--Gateway:Proxy:TrustedNetworks:0=203.0.113.0/24");
        (await api.SendAsync("POST", "bans", body: body)).AssertProblem(HttpStatusCode.BadRequest, code);
        Assert.Empty((await api.GetAsync("bans")).Json.GetProperty("bans").EnumerateArray());
    }

    [Fact]
    public async Task What_automatic_bans_would_do_is_shown()
    {
        await using var api = await ApiFixture.StartAsync("--Gateway:Admission:AutomaticBans:Mode=Observe", "--Gateway:Admission:AutomaticBans:MaxConnects=1");
        for (var i = 0; i < 3; i++) await api.ConnectAsync("pump-1");
        var automatic = (await api.GetAsync("bans")).Json.GetProperty("automatic");
        Assert.Equal(("observe", 0, 1), (automatic.GetProperty("mode").GetString(), automatic.GetProperty("made").GetInt32(), automatic.GetProperty("observed").GetInt32()));
        var would = Assert.Single(automatic.GetProperty("wouldBeBanned").EnumerateArray());
        Assert.Equal("client pump-1", $"{would.GetProperty("kind")} {would.GetProperty("value")}");
        Assert.Equal(1, await api.Host.MetricAsync("heartbeatgateway_automatic_bans_total{mode=\"observe\"}"));
    }

    [Fact]
    public async Task A_ban_that_cannot_be_saved_is_not_in_force_and_one_that_cannot_be_removed_stays()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("bans.json");
        await using var api = await ApiFixture.StartAsync($"--Gateway:Bans:File={file}");
        var first = (await api.SendAsync("POST", "bans", body: """{"clientId":"pump-1"}""")).Json.GetProperty("ban").GetProperty("id").GetString();
        var before = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        // A folder where the new file would be written: also root cannot write there.
        Directory.CreateDirectory($"{file}.new");
        var client = await api.ConnectAsync("pump-2");
        var refused = await api.SendAsync("POST", "bans", body: """{"clientId":"pump-2"}""");
        refused.AssertProblem(HttpStatusCode.ServiceUnavailable, "bans_not_saved");
        Assert.Contains(file, refused.Detail, StringComparison.Ordinal);
        (await api.SendAsync("DELETE", $"bans/{first}")).AssertProblem(HttpStatusCode.ServiceUnavailable, "bans_not_saved");
        Assert.Equal("pump-1", Assert.Single((await api.GetAsync("bans")).Json.GetProperty("bans").EnumerateArray()).GetProperty("value").GetString());
        Assert.Equal(before, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        await ServiceHost.PingAsync(client);
        Directory.Delete($"{file}.new");
        Assert.Equal(HttpStatusCode.Created, (await api.SendAsync("POST", "bans", body: """{"clientId":"pump-2"}""")).Status);
    }

    [Fact]
    public async Task A_change_takes_in_what_was_written_by_hand_and_never_overwrites_a_damaged_file()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("bans.json");
        await using var api = await ApiFixture.StartAsync($"--Gateway:Bans:File={file}");
        await api.SendAsync("POST", "bans", body: """{"clientId":"pump-1"}""");
        await File.WriteAllTextAsync(file, """{"bans":[{"kind":"client","value":"by-hand"}]}""", TestContext.Current.CancellationToken);
        await api.SendAsync("POST", "bans", body: """{"clientId":"pump-2"}""");
        Assert.Equal(["by-hand", "pump-2"], (await api.GetAsync("bans")).Json.GetProperty("bans").EnumerateArray().Select(b => b.GetProperty("value").GetString()).Order(StringComparer.Ordinal));

        await File.WriteAllTextAsync(file, "{\"bans\":[\n{\"kind\":", TestContext.Current.CancellationToken);
        var refused = await api.SendAsync("POST", "bans", body: """{"clientId":"pump-3"}""");
        refused.AssertProblem(HttpStatusCode.ServiceUnavailable, "bans_not_saved");
        Assert.Contains("line 2", refused.Detail, StringComparison.Ordinal);
        Assert.Equal(2, (await api.GetAsync("bans")).Json.GetProperty("bans").GetArrayLength());
        Assert.Equal("{\"bans\":[\n{\"kind\":", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }
}
