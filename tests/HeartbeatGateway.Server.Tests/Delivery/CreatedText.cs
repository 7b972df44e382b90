using System.Security.Cryptography;
using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Delivery;

/// <summary>Frames with any text after the date, with a token that covers it.</summary>
internal static class CreatedText
{
    public static byte[] Frame(InMemoryClient client, string type, string text)
    {
        var frame = client.Frame(type);
        Encoding.ASCII.GetBytes(text).CopyTo(frame.AsSpan(FrameFormat.CreatedOffset + FrameDate.Length));
        byte[] signed = [.. frame[..FrameFormat.TokenOffset], .. frame[FrameFormat.CreatedOffset..]];
        var token = Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(TestSecrets.Secret), signed)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        FrameFormat.WriteField(Encoding.ASCII.GetBytes(token), frame.AsSpan(FrameFormat.TokenOffset, FrameFormat.FieldLength));
        return frame;
    }
}
