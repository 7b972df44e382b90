using System.Net;
using HeartbeatGateway.Authorization;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace HeartbeatGateway.Tests.Authorization;

/// <summary>Questions and answers over HTTP, with a service on a port of this machine.</summary>
public sealed class AuthorizationClientTests : IAsyncLifetime
{
    private const string Secret = "a-secret-of-the-service";
    private readonly List<string> _requests = [];
    private WebApplication _service = null!;
    private Func<HttpContext, Task> _answer = context => context.Response.WriteAsync("""{"allow":true}""");

    private string Url => _service.Urls.Single() + "/may-connect";

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _service = builder.Build();
        _service.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            _requests.Add($"{context.Request.Method} {context.Request.Path} {context.Request.ContentType} {context.Request.Headers.Authorization} {await reader.ReadToEndAsync()}");
            await _answer(context);
        });
        await _service.StartAsync();
    }

    public async ValueTask DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task A_question_is_a_POST_with_what_is_known_of_the_client()
    {
        Assert.True((await AskAsync()).IsAllowed);
        Assert.Equal(
            [$$"""POST /may-connect application/json Bearer {{Secret}} {"clientId":"pump-17","instance":"i-1","address":"192.0.2.1","keyId":"k1"}"""], _requests);
    }

    [Theory]
    [InlineData(200, """{"allow":true,"reason":"x"}""", true, "x")]
    [InlineData(200, """{"allow":false,"reason":"not yours"}""", false, "not yours")]
    [InlineData(200, """{"allow":false}""", false, null)]
    [InlineData(403, """{"reason":"not yours"}""", false, "not yours")]
    [InlineData(403, "<html>", false, null)]
    [InlineData(403, """{"allow":true}""", false, null)]
    public async Task An_answer_allows_or_refuses(int status, string body, bool isAllowed, string? reason)
    {
        Answer(status, body);
        Assert.Equal(new AuthorizationAnswer(isAllowed, reason), await AskAsync());
    }

    [Theory]
    [InlineData(500, "", "status 500")]
    [InlineData(204, "", "status 204")]
    [InlineData(401, "", "status 401")]
    [InlineData(200, "", "no JSON object")]
    [InlineData(200, "yes", "no JSON object")]
    [InlineData(200, "{}", "no field allow")]
    [InlineData(200, """{"allow":null}""", "no field allow")]
    [InlineData(200, """{"allow":"true"}""", "no JSON object")]
    public async Task Any_other_answer_is_a_failure_that_says_what_is_wrong(int status, string body, string named)
    {
        Answer(status, body);
        Assert.Contains(named, (await Assert.ThrowsAsync<AuthorizationException>(AskAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        _answer = context =>
        {
            context.Response.Redirect("/elsewhere", permanent: false);
            return Task.CompletedTask;
        };
        Assert.Contains("status 302", (await Assert.ThrowsAsync<AuthorizationException>(AskAsync)).Message, StringComparison.Ordinal);
        Assert.Single(_requests);
    }

    [Fact]
    public async Task An_answer_that_is_too_large_is_a_failure()
    {
        Answer(200, $$"""{"allow":true,"reason":"{{new string('x', 20_000)}}"}""");
        await Assert.ThrowsAsync<HttpRequestException>(AskAsync);
    }

    [Fact]
    public async Task The_service_refuses_a_client_of_the_gateway()
    {
        Answer(200, """{"allow":false,"reason":"not yours"}""");
        await using var host = await ServiceHost.StartAsync($"--Gateway:Authorization:Url={Url}", "--Gateway:Authorization:OnFailure=Deny");
        using var socket = await host.ConnectAsync();
        var hello = new HelloPayload { ClientId = "pump-17", Nonce = Guid.NewGuid().ToString("N"), Features = [ProtocolFeatures.Close] };
        await socket.SendAsync(TestSecrets.ClientKeyring().Keys[0].Named.Encode(FrameKinds.Hello, hello.ToJson(), TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()));
        var received = new byte[4096];
        var length = await socket.ReceiveAsync(received);
        var text = System.Text.Encoding.UTF8.GetString(received, 0, length);
        Assert.Contains("unauthorized", text, StringComparison.Ordinal);
        Assert.Contains("not yours", text, StringComparison.Ordinal);
        Assert.Equal(1, await host.MetricAsync("heartbeatgateway_authorizations_total{result=\"refused\"}"));
        Assert.Equal(1, await host.MetricAsync("heartbeatgateway_authorization_duration_seconds_count"));
        Assert.Equal(0, host.Engine.LastPresenceEvent);
    }

    [Theory]
    [InlineData("ftp://x/", "Deny", "Gateway:Authorization:Url is no URL")]
    [InlineData("http://user:password@x/", "Deny", "Gateway:Authorization:Url holds user info")]
    [InlineData("http://x/", null, "Gateway:Authorization:OnFailure is missing")]
    [InlineData(null, "Allow", "Gateway:Authorization:Url is missing")]
    public void Wrong_settings_are_named(string? url, string? policy, string named)
    {
        var options = new AuthorizationOptions { Url = url, OnFailure = policy is null ? null : Enum.Parse<AuthorizationFailurePolicy>(policy) };
        var fault = Assert.Single(options.Read());
        Assert.Contains(named, fault, StringComparison.Ordinal);
        Assert.DoesNotContain("password", fault, StringComparison.Ordinal);
    }

    private void Answer(int status, string body) => _answer = context =>
    {
        context.Response.StatusCode = status;
        return status == StatusCodes.Status204NoContent ? Task.CompletedTask : context.Response.WriteAsync(body);
    };

    private async Task<AuthorizationAnswer> AskAsync()
    {
        var options = new AuthorizationOptions { Url = Url, OnFailure = AuthorizationFailurePolicy.Deny, Secret = Secret };
        Assert.Empty(options.Read());
        using var client = new AuthorizationClient(options);
        return await client.AskAsync(
            new ClientAuthorizationRequest("pump-17", "i-1", new IPEndPoint(IPAddress.Parse("192.0.2.1").MapToIPv6(), 1), "k1", null), TestContext.Current.CancellationToken);
    }
}
