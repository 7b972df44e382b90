using HeartbeatGateway.Configuration;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Tests.Webhook;

/// <summary>Secrets change while the gateway runs.</summary>
public sealed class WebhookSecretRotationTests : IDisposable
{
    private const string Old = WebhookRig.Secret;
    private const string New = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_repeat_is_signed_with_the_secrets_of_its_moment()
    {
        var file = _folder.File("secret");
        await File.WriteAllTextAsync(file, Old + "\n", TestContext.Current.CancellationToken);
        await using var rig = new WebhookRig(o => o.Secrets[0] = new WebhookSecretOptions { SecretFile = file });
        rig.Send("a");
        var first = await rig.NextAsync();
        Assert.True(first.IsSignedWith(Old));

        await File.WriteAllTextAsync(file, "no secret", TestContext.Current.CancellationToken);
        await rig.UntilAsync(() => rig.HasLogged("WebhookFilesRefused"), TimeSpan.FromMilliseconds(500));
        first.Answer(500);
        var second = await rig.NextLaterAsync();
        Assert.True(second.IsSignedWith(Old) && !second.IsSignedWith(New));

        await File.WriteAllTextAsync(file, New, TestContext.Current.CancellationToken);
        await rig.UntilAsync(() => rig.HasLogged("WebhookFilesReloaded"), TimeSpan.FromMilliseconds(500));
        second.Answer(500);
        var third = await rig.NextLaterAsync();
        Assert.True(third.IsSignedWith(New) && !third.IsSignedWith(Old));
        Assert.Equal(first.Id, third.Id);
        third.Answer(200);
        await rig.UntilAsync(() => rig.Books.Delivered == 1);
        Assert.DoesNotContain(rig.Logs.GetSnapshot(), r => r.Message.Contains("whsec_M", StringComparison.Ordinal) || r.Message.Contains("whsec_C", StringComparison.Ordinal));
    }

    [Fact]
    public async Task While_two_secrets_are_set_both_sign()
    {
        await using var rig = new WebhookRig(o => o.Secrets.Add(new WebhookSecretOptions { Secret = New }));
        rig.Send("a");
        var request = await rig.NextAsync();
        Assert.True(request.IsSignedWith(Old) && request.IsSignedWith(New));
        request.Answer(200);
    }
}
