using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HeartbeatGateway.Cli.Tokens;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Tests.Tokens;

public sealed class TokenTests
{
    private const long Now = 1_795_341_600;

    /// <summary>The test vectors of docs/protocol.md.</summary>
    [Theory]
    [InlineData("token make", "yqMZ8T3m0eHgM2jY2uvfjHCscGXai-zwDEzAykv2a7c")]
    [InlineData("token make --type message --content hello", "gVHraQdTdPbLxggvgOnOWps5a9EsP8pqNJG5WQtwFKg")]
    [InlineData("token make --direction to-client", "A9qwFbfo5kSDgm5eUk9oI9bx7xIOYqHme74iR3pRlhY")]
    [InlineData("token make --key-id k7", "k7.yqMZ8T3m0eHgM2jY2uvfjHCscGXai-zwDEzAykv2a7c")]
    [InlineData("token make --scheme digest", "742cc0ae5bb6dbea9aa2ba6ebde5ffa029b6be7e")]
    [InlineData("token make --scheme digest --type message --content hello", "b6d5baf25638efcf3ecbf35316a64ed53d468a3a")]
    public async Task Make_writes_the_tokens_of_the_protocol_document(string line, string token)
    {
        var run = new CliRun().Set("HBG_SECRET", CliRun.Secret);
        Assert.Equal(ExitCode.Success, await run.LineAsync(line));
        Assert.Equal(token + "\n", run.Output);
        Assert.Empty(run.Errors);
    }

    [Theory]
    [InlineData("token derive pump-17", "dZwYPeL95uDoyZrJPiE92Tzim5DGehSqAGxDDtKySxs\n")]
    [InlineData("token derive pump-17 pump-18", "pump-17\tdZwYPeL95uDoyZrJPiE92Tzim5DGehSqAGxDDtKySxs\npump-18\t-dtx0C9fMsOhVCRoWRtcQlBcjBWUP8dJVqrDzWxPACE\n")]
    [InlineData("token derive --json pump-17", """{"clientId":"pump-17","secret":"dZwYPeL95uDoyZrJPiE92Tzim5DGehSqAGxDDtKySxs"}""" + "\n")]
    public async Task Derive_writes_the_secrets_of_clients(string line, string secrets)
    {
        var run = new CliRun().Set("HBG_SECRET", CliRun.Secret);
        Assert.Equal(ExitCode.Success, await run.LineAsync(line));
        Assert.Equal(secrets, run.Output);
        Assert.Empty(run.Errors);
    }

    [Theory]
    [InlineData("token derive pump?17", "'pump?17': A client id has 1 to 128 characters")]
    [InlineData("token derive --scheme digest pump-17", "--scheme: only hmac-sha256")]
    [InlineData("connect --per-client --endpoint localhost:1", "--per-client: a client without an id has no secret of its own")]
    [InlineData("load --per-client --anonymous --endpoint localhost:1", "--per-client: a client without an id has no secret of its own")]
    [InlineData("connect --per-client --client-id pump-17 --scheme digest --endpoint localhost:1", "--per-client: only hmac-sha256")]
    public async Task Secrets_of_clients_need_a_client_id_and_tokens_with_a_key_id(string line, string error)
    {
        var run = new CliRun().Set("HBG_SECRET", CliRun.Secret);
        Assert.Equal(ExitCode.Usage, await run.LineAsync(line));
        Assert.Contains(error, run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Make_with_json_writes_the_whole_frame()
    {
        var run = new CliRun().Set("HBG_SECRET", CliRun.Secret);
        await run.LineAsync("token make --type message --content hello --json");
        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal("gVHraQdTdPbLxggvgOnOWps5a9EsP8pqNJG5WQtwFKg", json.RootElement.GetProperty("token").GetString());
        Assert.Equal(2 * (158 + 5), json.RootElement.GetProperty("frame").GetString()!.Length);
    }

    /// <summary>Vectors of an independent generator: hbg gives the expected result for each, and names the expected key.</summary>
    [Fact]
    public void Verify_gives_the_expected_result_for_every_vector()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "vectors/frames.json")));
        var count = 0;
        foreach (var vector in document.RootElement.GetProperty("vectors").EnumerateArray())
        {
            string Text(string name) => vector.GetProperty(name).GetString()!;
            if (Text("scheme") != "hmac-sha256" || Convert.FromHexString(Text("frame")) is var frame && !IsWhole(frame)) continue;
            Assert.True(FrameTimeZone.TryParse(Text("timeZone"), out var zone, out _));
            var secrets = vector.GetProperty("keys").EnumerateArray()
                .Select(k => (Id: k.GetProperty("id").GetString()!, Secret: k.GetProperty("secret").GetString()!)).ToList();
            var settings = TestTokens.Settings([.. secrets.Select(s => s.Secret)]);
            settings = settings with { Keyring = settings.Keyring with { TimeZone = zone, Secrets = [.. secrets.Select(s => new TokenSecret(s.Id, s.Secret))] } };
            var reader = Text("direction") == "client-to-gateway" ? TokenRole.Gateway : TokenRole.Client;

            var found = TokenDiagnosis.Diagnose(frame, settings, reader, vector.GetProperty("now").GetInt64());

            // A wrong number is refused by the connection, which knows its generation; the token of such a frame verifies.
            var isNumberRefused = vector.TryGetProperty("ack", out _) && vector.TryGetProperty("why", out var why) && !why.GetString()!.StartsWith("the token covers", StringComparison.Ordinal);
            Assert.True((vector.GetProperty("accept").GetBoolean() || isNumberRefused) == found.IsVerified, $"{Text("name")}: {found.Outcome}, {found.Text}");
            if (found.IsVerified) Assert.Equal(Text("signedBy"), found.KeyId);
            count++;
        }

        Assert.True(count > 10, $"only {count} vectors were checked");
    }

    [Theory]
    [InlineData(8, "it verifies with --time-zone +08:00")]
    [InlineData(-5, "it verifies with --time-zone -05:00")]
    [InlineData(5.75, "it verifies with --time-zone +05:45")]
    [InlineData(0.2, "the device's clock is wrong by that much")]
    [InlineData(49, "the device's clock is wrong by that much")]
    public void Verify_distinguishes_a_wrong_time_zone_from_a_wrong_clock(double hours, string hint)
    {
        var found = TokenDiagnosis.Diagnose(Frame(wall: Now + (long)(hours * 3600)), TestTokens.Settings(), TokenRole.Gateway, Now);
        Assert.Equal(hours > 0 ? TokenOutcome.Future : TokenOutcome.Expired, found.Outcome);
        Assert.Contains(hint, Assert.Single(found.Hints), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromHours(-hours), found.Age);
        Assert.Equal("k1", found.KeyId);
    }

    [Fact]
    public void Verify_names_the_other_direction_when_its_key_signed_the_frame()
    {
        var found = TokenDiagnosis.Diagnose(Frame(), TestTokens.Settings(), TokenRole.Client, Now);
        Assert.Equal(TokenOutcome.Mismatch, found.Outcome);
        Assert.Contains("it verifies in the other direction, client to gateway (key k1)", Assert.Single(found.Hints), StringComparison.Ordinal);
        Assert.True(TokenDiagnosis.Diagnose(Frame(), TestTokens.Settings(), reader: null, Now).IsVerified);
    }

    [Fact]
    public void Verify_names_the_matching_key_among_several_secrets()
    {
        var found = TokenDiagnosis.Diagnose(Frame(), TestTokens.Settings("another-secret-here", CliRun.Secret), TokenRole.Gateway, Now);
        Assert.True(found.IsVerified);
        Assert.Equal("k2", found.KeyId);
    }

    [Theory]
    [InlineData("k9.{0}", "the token names the key 'k9', but the known keys are: k1", "the rest after the id is the token of k1")]
    [InlineData("{0}=", "", "this looks like ordinary base64")]
    [InlineData("742cc0ae5bb6dbea9aa2ba6ebde5ffa029b6be7e", "the token has 40 characters", "this looks like SHA1 in hex: try --scheme digest")]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef01", "the token has 50 characters", "this looks like hex, cut at the end of the field")]
    [InlineData("", "the token field is empty", null)]
    [InlineData("toolongid.{0}", "the key id before the dot must have 1 to 6 characters", null)]
    public void Verify_names_the_fault_of_a_malformed_token(string form, string text, string? hint)
    {
        var frame = Frame();
        var token = TokenForm.TextOf(frame);
        var changed = TokenForm.WithToken(frame, form.Replace("{0}", token, StringComparison.Ordinal));
        var found = TokenDiagnosis.Diagnose(changed, TestTokens.Settings(), TokenRole.Gateway, Now);
        Assert.False(found.IsVerified);
        Assert.Contains(text, found.Text, StringComparison.Ordinal);
        if (hint is null) Assert.Empty(found.Hints);
        else Assert.Contains(hint, Assert.Single(found.Hints), StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Mistakes => new()
    {
        { "newline", "trailing newline" },
        { "hash", "the SHA256 of the secret" },
        { "token field", "hashed the empty token field too" },
        { "unpadded", "without their padding" },
        { "no content", "omitted the content" },
        { "content alone", "hashed only the content" },
        { "no head", "omitted magic and length" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void Verify_names_common_encoder_mistakes(string mistake, string hint)
    {
        var frame = Frame(content: "hello");
        byte[] head = frame[..58], created = frame[108..158], content = frame[158..];
        var key = Encoding.UTF8.GetBytes(CliRun.Secret);
        byte[] input = [.. head, .. created, .. content];
        switch (mistake)
        {
            case "newline": key = [.. key, (byte)'\n']; break;
            case "hash": key = SHA256.HashData(key); break;
            case "token field": input = [.. head, .. new byte[50], .. created, .. content]; break;
            case "unpadded": input = [.. head[..8], .. "ping"u8, .. Encoding.ASCII.GetBytes(CliRun.Date), .. content]; break;
            case "no content": input = [.. head, .. created]; break;
            case "content alone": input = content; break;
            case "no head": input = [.. head[8..], .. created, .. content]; break;
            default: throw new ArgumentOutOfRangeException(nameof(mistake), mistake, "unknown");
        }

        var token = Base64Url.EncodeToString(HMACSHA256.HashData(key, input));
        var found = TokenDiagnosis.Diagnose(TokenForm.WithToken(frame, token), TestTokens.Settings(), TokenRole.Gateway, Now);
        Assert.Equal(TokenOutcome.Mismatch, found.Outcome);
        Assert.Contains(hint, Assert.Single(found.Hints), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("00112233445566778899aabbccddeeff", "decoded the secret as hex")]
    [InlineData("c2l4dGVlbi1ieXRlLWtleXM=", "decoded the secret as base64")]
    public void Verify_detects_a_secret_that_the_encoder_decoded(string secret, string hint)
    {
        var key = hint.EndsWith("hex", StringComparison.Ordinal) ? Convert.FromHexString(secret) : Convert.FromBase64String(secret);
        var frame = Frame();
        var token = Base64Url.EncodeToString(HMACSHA256.HashData(key, (byte[])[.. frame[..58], .. frame[108..]]));
        var found = TokenDiagnosis.Diagnose(TokenForm.WithToken(frame, token), TestTokens.Settings(secret), TokenRole.Gateway, Now);
        Assert.Contains(hint, Assert.Single(found.Hints), StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_shows_the_signed_bytes_when_no_known_mistake_fits()
    {
        var frame = Frame(content: "hello");
        var found = TokenDiagnosis.Diagnose(frame, TestTokens.Settings("quite-another-secret"), TokenRole.Gateway, Now);
        Assert.Equal(TokenOutcome.Mismatch, found.Outcome);
        Assert.EndsWith(Convert.ToHexStringLower([.. frame[..58], .. frame[108..]]), found.Hints[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_writes_the_outcome_and_returns_the_matching_exit_code()
    {
        var hex = Convert.ToHexString(Frame());
        var good = new CliRun().Set("HBG_SECRET", CliRun.Secret);
        Assert.Equal(ExitCode.Success, await good.RunAsync("token", "verify", hex));
        Assert.Equal("verified: key k1, client to gateway\n  created 2026-11-22 10:00:00 UTC, now\n", good.Output);

        var late = new CliRun().Set("HBG_SECRET", CliRun.Secret);
        Assert.Equal(ExitCode.NotValid, await late.RunAsync("token", "verify", hex, "--at", "2026-11-22 10:10:00"));
        Assert.StartsWith(
            "not verified (expired): the token is right (key k1, client to gateway), but created is 10 min ago; a gateway accepts 5 min either way\n",
            late.Output,
            StringComparison.Ordinal);

        var other = new CliRun().Set("HBG_SECRET", "quite-another-secret");
        Assert.Equal(ExitCode.NotValid, await other.RunAsync("token", "verify", hex, "--json"));
        using var json = JsonDocument.Parse(other.Output);
        Assert.False(json.RootElement.GetProperty("verified").GetBoolean());
        Assert.Equal("mismatch", json.RootElement.GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task Verify_accepts_a_token_with_the_fields_of_its_frame()
    {
        string[] fields = ["token", "verify", "--token", "gVHraQdTdPbLxggvgOnOWps5a9EsP8pqNJG5WQtwFKg", "--type", "message", "--created", CliRun.Date, "--content"];
        var run = new CliRun().Set("HBG_SECRET", CliRun.Secret);
        Assert.Equal(ExitCode.Success, await run.RunAsync([.. fields, "hello"]));
        Assert.Equal(ExitCode.NotValid, await run.RunAsync([.. fields, "hellO"]));
    }

    [Theory]
    [InlineData("--token x", (int)ExitCode.Usage, "--token needs --created")]
    [InlineData("--token x 00", (int)ExitCode.Usage, "not both")]
    [InlineData("0000", (int)ExitCode.NotValid, "not a complete frame")]
    [InlineData("--file /no/such", (int)ExitCode.File, "cannot be read")]
    public async Task Verify_reports_input_that_it_cannot_verify(string options, int code, string error)
    {
        var run = new CliRun().Set("HBG_SECRET", CliRun.Secret);
        Assert.Equal((ExitCode)code, await run.LineAsync($"token verify {options}"));
        Assert.Contains(error, run.Errors, StringComparison.Ordinal);
    }

    private static bool IsWhole(byte[] frame) =>
        frame.Length >= 158 && frame.Length == 158 + System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(4)) && frame[3] == 0x76;

    private static byte[] Frame(long wall = Now, string content = "") =>
        TestTokens.Settings().Signer(TokenRole.Client).Encode("ping"u8, Encoding.UTF8.GetBytes(content), wall).ToArray();
}
