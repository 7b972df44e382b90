using System.Text.Json;
using HeartbeatGateway.Protocol.Tests.Support;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Protocol.Tests.Vectors;

/// <summary>One entry of tests/vectors/frames.json.</summary>
internal sealed record FrameVector(
    string Name,
    string Scheme,
    VectorKey[]? Keys,
    string? SignedBy,
    bool NamesKey,
    VectorDigest? Digest,
    string Direction,
    string TimeZone,
    long Now,
    string Type,
    long CreatedUnix,
    string Content,
    string Token,
    string Frame,
    bool Accept,
    bool Canonical,
    string? RefusedAs,
    VectorAck? Ack)
{
    public static VectorFile File { get; } = JsonSerializer.Deserialize<VectorFile>(
        System.IO.File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "vectors", "frames.json")), JsonSerializerOptions.Web)!;

    public byte[] FrameBytes => Convert.FromHexString(Frame);

    public byte[] ContentBytes => Convert.FromHexString(Content);

    public TokenKeyring Receiver => Keyring(ToGateway ? TokenRole.Gateway : TokenRole.Client);

    public TokenSigner Signer
    {
        get
        {
            var keys = Keyring(ToGateway ? TokenRole.Client : TokenRole.Gateway).Keys;
            var key = keys.Single(k => k.Id == (SignedBy ?? ""));
            return NamesKey ? key.Named : key.Bare;
        }
    }

    private bool ToGateway => Direction switch
    {
        "client-to-gateway" => true,
        "gateway-to-client" => false,
        _ => throw new InvalidOperationException($"{Name}: unknown direction {Direction}"),
    };

    private TokenKeyring Keyring(TokenRole role) => new(
        new TokenKeyringOptions
        {
            Scheme = Scheme switch
            {
                "hmac-sha256" => TokenScheme.HmacSha256,
                "digest" => TokenScheme.Digest,
                "none" => TokenScheme.None,
                _ => throw new InvalidOperationException($"{Name}: unknown scheme {Scheme}"),
            },
            Secrets = [.. (Keys ?? []).Select(k => new TokenSecret(k.Id, k.Secret))],
            Digest = Digest?.ToRecipe() ?? DigestRecipe.Default,
            MaxAge = TimeSpan.FromSeconds(File.MaxAgeSeconds),
            TimeZone = Keyrings.Zone(TimeZone),
        },
        role);
}
