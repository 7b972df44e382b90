using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using HeartbeatGateway.Cli.Tokens;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Tests.Tokens;

public sealed class TokenMistakesTests
{
    private const long Now = 1_795_341_600;

    [Theory]
    [InlineData("{0}\r\n", "a trailing CRLF line end")]
    [InlineData("{0}\n", "a trailing newline")]
    [InlineData("{0} ", "a trailing blank")]
    [InlineData("\uFEFF{0}", "a byte order mark before it")]
    [InlineData("\"{0}\"", "quotes around it")]
    [InlineData("7369787465656e2d627974652d6b6579", "used the secret in hex")]
    [InlineData("7369787465656E2D627974652D6B6579", "used the secret in upper-case hex")]
    [InlineData("c2l4dGVlbi1ieXRlLWtleQ==", "used the secret in base64;")]
    [InlineData("c2l4dGVlbi1ieXRlLWtleQ", "used the secret in base64url;")]
    public void Names_what_the_encoder_did_to_the_secret(string form, string hint)
    {
        var secret = form.Replace("{0}", CliRun.Secret, StringComparison.Ordinal);
        var frame = Frame("hello");
        var hmac = Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Signed(frame)));
        Assert.Contains(hint, Hint(TokenForm.WithToken(frame, hmac)), StringComparison.Ordinal);

        var digest = Digest($"1185{CliRun.Date}hello{secret}");
        Assert.Contains(hint, Hint(TokenForm.WithToken(frame, digest), TokenScheme.Digest), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("length", "the length in little-endian order")]
    [InlineData("magic", "magic and length in little-endian order")]
    [InlineData("whole", "the length of the whole frame")]
    [InlineData("blanks", "padded with blanks, but sent other bytes")]
    [InlineData("order", "the content before the date")]
    public void Names_what_the_encoder_hashed_instead(string mistake, string hint)
    {
        var frame = Frame("hello");
        var signed = Signed(frame);
        switch (mistake)
        {
            case "length": BinaryPrimitives.WriteInt32LittleEndian(signed.AsSpan(4), 5); break;
            case "magic":
                BinaryPrimitives.WriteInt32LittleEndian(signed, 0x76);
                BinaryPrimitives.WriteInt32LittleEndian(signed.AsSpan(4), 5);
                break;
            case "whole": BinaryPrimitives.WriteInt32BigEndian(signed.AsSpan(4), 163); break;
            case "blanks": signed.AsSpan(8, 100).Replace((byte)0, (byte)' '); break;
            case "order": signed = [.. frame[..58], .. frame[158..], .. frame[108..158]]; break;
            default: throw new ArgumentOutOfRangeException(nameof(mistake), mistake, "unknown");
        }

        var token = Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(CliRun.Secret), signed));
        Assert.Contains(hint, Hint(TokenForm.WithToken(frame, token)), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_NUL_padding_in_the_hash_of_a_frame_that_is_padded_with_blanks()
    {
        var frame = Frame("hello");
        var token = Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(CliRun.Secret), Signed(frame)));
        var sent = TokenForm.WithToken(frame, token);
        sent.AsSpan(8, 50).Replace((byte)0, (byte)' ');
        sent.AsSpan(108, 50).Replace((byte)0, (byte)' ');
        Assert.Contains("padded with NUL, but sent other bytes", Hint(sent), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{secret}{magic}{length}{created}{content}")]
    [InlineData("{magic}{length}{type}{created}{content}{secret}")]
    [InlineData("{created}{secret}")]
    [InlineData("{content}{secret}{type}")]
    public void Finds_the_recipe_of_a_digest(string recipe)
    {
        var text = recipe.Replace("{secret}", CliRun.Secret, StringComparison.Ordinal).Replace("{magic}", "118", StringComparison.Ordinal)
            .Replace("{length}", "5", StringComparison.Ordinal).Replace("{type}", "ping", StringComparison.Ordinal)
            .Replace("{created}", CliRun.Date, StringComparison.Ordinal).Replace("{content}", "hello", StringComparison.Ordinal);
        var frame = TokenForm.WithToken(Frame("hello"), Digest(text));
        Assert.Contains($"it verifies with --digest-recipe {recipe}:", Hint(frame, TokenScheme.Digest), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_of_frames_is_not_searched_for_recipes()
    {
        var frame = TokenForm.WithToken(Frame("hello"), Digest($"{CliRun.Date}{CliRun.Secret}"));
        Assert.DoesNotContain("--digest-recipe", Hint(frame, TokenScheme.Digest, isThorough: false), StringComparison.Ordinal);
    }

    private static byte[] Frame(string content) =>
        TestTokens.Settings().Signer(TokenRole.Client).Encode("ping"u8, Encoding.UTF8.GetBytes(content), Now).ToArray();

    private static byte[] Signed(byte[] frame) => [.. frame[..FrameFormat.TokenOffset], .. frame[FrameFormat.CreatedOffset..]];

    private static string Digest(string text) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Hint(byte[] frame, TokenScheme scheme = TokenScheme.HmacSha256, bool isThorough = true)
    {
        Assert.True(DigestRecipe.TryCreate("SHA256", DigestOutput.Base64Url, DigestRecipe.DefaultRecipe, out var recipe, out _));
        var settings = TestTokens.Settings();
        settings = settings with { Keyring = settings.Keyring with { Scheme = scheme, Digest = recipe } };
        var found = TokenDiagnosis.Diagnose(frame, settings, TokenRole.Gateway, Now, isThorough);
        Assert.Equal(TokenOutcome.Mismatch, found.Outcome);
        return found.Hints[0];
    }
}
