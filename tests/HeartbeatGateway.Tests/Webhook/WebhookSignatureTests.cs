using System.Text;
using HeartbeatGateway.Webhook;
using Microsoft.AspNetCore.Http;
using StandardWebhooks.Diagnostics;

namespace HeartbeatGateway.Tests.Webhook;

/// <summary>Signatures are those of Standard Webhooks.</summary>
public sealed class WebhookSignatureTests
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string Other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    [Fact]
    public void The_example_of_the_specification_has_its_signature() =>
        Assert.Equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", WebhookSignature.Of([Bytes(Secret)], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}"u8));

    [Fact]
    public void With_two_secrets_a_receiver_that_has_either_one_accepts()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        const string Body = "[\"ä\"]";
        var header = WebhookSignature.Of([Bytes(Secret), Bytes(Other)], "run-1", now, Encoding.UTF8.GetBytes(Body));
        // The package looks at the first signature of the header only.
        var signatures = header.Split(' ');
        Verify(Secret, Body, signatures[0]);
        Verify(Other, Body, signatures[1]);
        Assert.Throws<WebhookVerificationException>(() => Verify(Secret, "[\"a\"]", signatures[0]));
        Assert.Throws<WebhookVerificationException>(() => Verify("whsec_" + new string('A', 32), Body, signatures[0]));

        void Verify(string secret, string body, string signature) => new StandardWebhooks.StandardWebhook(secret).Verify(
            body, new HeaderDictionary { ["webhook-id"] = "run-1", ["webhook-timestamp"] = $"{now}", ["webhook-signature"] = signature });
    }

    private static byte[] Bytes(string secret) => Convert.FromBase64String(secret["whsec_".Length..]);
}
