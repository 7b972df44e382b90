using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace HeartbeatGateway.Webhook;

/// <summary>Signs a request as Standard Webhooks define: HMAC-SHA256 over id, timestamp and body, with dots between them.</summary>
internal static class WebhookSignature
{
    /// <param name="secrets">The secrets. Each one makes a signature.</param>
    /// <param name="id">The header <c>webhook-id</c>.</param>
    /// <param name="timestamp">The header <c>webhook-timestamp</c>: Unix time in seconds.</param>
    /// <param name="body">The body.</param>
    /// <returns>The header <c>webhook-signature</c>.</returns>
    public static string Of(IEnumerable<byte[]> secrets, string id, long timestamp, ReadOnlySpan<byte> body)
    {
        var head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}."));
        var header = new StringBuilder();
        foreach (var secret in secrets)
        {
            using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
            hash.AppendData(head);
            hash.AppendData(body);
            header.Append(header.Length > 0 ? " v1," : "v1,").Append(Convert.ToBase64String(hash.GetHashAndReset()));
        }

        return header.ToString();
    }
}
