using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Server.Options;

/// <summary>The recipe of the scheme <c>digest</c>; see docs/protocol.md, part 2.</summary>
public sealed class DigestOptions
{
    /// <summary><c>MD5</c>, <c>SHA1</c> (default) or <c>SHA256</c>.</summary>
    [Displayable]
    public string Algorithm { get; set; } = "SHA1";

    /// <summary>Hex (default) or Base64Url.</summary>
    [Displayable]
    public DigestOutput Output { get; set; } = DigestOutput.Hex;

    /// <summary>The digested text, with the placeholders <c>{magic} {length} {type} {created} {content} {secret}</c>.</summary>
    [Secret]
    public string Recipe { get; set; } = DigestRecipe.DefaultRecipe;
}
