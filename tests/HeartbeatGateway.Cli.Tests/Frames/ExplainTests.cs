using System.Text.Json;
using CsCheck;
using HeartbeatGateway.Cli.Frames;

namespace HeartbeatGateway.Cli.Tests.Frames;

public sealed class ExplainTests
{
    private static readonly byte[] Ping = Make("frame encode");

    [Fact]
    public async Task A_good_frame_is_shown_field_by_field()
    {
        var run = CliRun.WithInput(Ping).Set("HBG_SECRET", CliRun.Secret);

        Assert.Equal(ExitCode.Success, await run.LineAsync("frame explain"));
        Assert.Equal(
            """
            Frame 1 at offset 0x0000: ping, 158 bytes
              0000  magic    00 00 00 76                0x76, a frame
              0004  length   00 00 00 00                0 bytes of content
              0008  type     70 69 6e 67 00 00 00 00 …  "ping"
              003a  token    79 71 4d 5a 38 54 33 6d …  "yqMZ8T3m0eHgM2jY2uvfjHCscGXai-zwDEzAykv2a7c"
              006c  created  32 30 32 36 2d 31 31 2d …  "2026-11-22 10:00:00"
              009e  content                             none
              ok    created: now on a clock of UTC
              ok    token: verifies: key k1, client to gateway

            1 frame, valid

            """.ReplaceLineEndings("\n"),
            run.Output);
        Assert.Empty(run.Errors);
    }

    [Fact]
    public async Task Without_a_secret_only_the_form_of_the_token_is_told()
    {
        var run = CliRun.WithInput(Ping);
        Assert.Equal(ExitCode.Success, await run.LineAsync("frame explain"));
        Assert.Contains("note  token: not verified, since no secret was given; 43 characters, the form of hmac-sha256", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0x01, 0x0000, "magic", "byte 0x0000 is 01 and not 00")]
    [InlineData(3, 0x77, 0x0003, "magic", "byte 0x0003 is 77 and not 76")]
    [InlineData(4, 0xFF, 0x0004, "length", "the length -16777216 is negative")]
    [InlineData(4, 0x01, 0x0004, "length", "the length 16777216 is above the limit of 65536 bytes")]
    [InlineData(7, 0x05, 0x009e, "length", "the length asks for 5 bytes of content and 0 are there: 5 are missing")]
    [InlineData(9, 0xF0, 0x0009, "type", "the type is not UTF-8: byte f0 cannot stand here")]
    [InlineData(58, 0x2B, 0x003a, "token", "'+' is no character of base64url")]
    [InlineData(60, 0x00, 0x003c, "token", "'\\u0000' is no character of base64url")]
    [InlineData(108 + 4, 0x2F, 0x0070, "created", "character 5 is '/' and not '-'")]
    [InlineData(108 + 5, 0x32, 0x0071, "created", "there is no month 21")]
    [InlineData(108 + 8, 0x33, 0x0074, "created", "there is no day 32 in month 11 of 2026")]
    [InlineData(108 + 14, 0x36, 0x007a, "created", "there is no minute 60")]
    [InlineData(108 + 18, 0x00, 0x007e, "created", "ends after 18 characters")]
    public async Task The_wrong_byte_is_pointed_at(int at, int value, int wrong, string check, string text)
    {
        var bytes = Ping.ToArray();
        bytes[at] = (byte)value;
        var run = CliRun.WithInput(bytes).Set("HBG_SECRET", CliRun.Secret);

        Assert.Equal(ExitCode.NotValid, await run.LineAsync("frame explain"));
        var first = Array.FindIndex(run.Lines, l => l.StartsWith("  WRONG", StringComparison.Ordinal));
        Assert.StartsWith($"  WRONG {check} at 0x{wrong:x4}: ", run.Lines[first], StringComparison.Ordinal);
        Assert.Contains(text, run.Lines[first], StringComparison.Ordinal);
        // The caret stands under the byte: the columns are offset, two blanks, three characters a byte.
        Assert.StartsWith($"        {wrong / 16 * 16:x4}  ", run.Lines[first + 1], StringComparison.Ordinal);
        Assert.Equal(14 + (wrong % 16 * 3), run.Lines[first + 2].IndexOf('^', StringComparison.Ordinal));
    }

    [Fact]
    public async Task Several_frames_and_what_lies_between_and_behind_them()
    {
        byte[] input = [.. Ping, 1, 2, 3, .. Make("frame encode --type message --content hello"), 0, 0];
        var run = CliRun.WithInput(input).Set("HBG_SECRET", CliRun.Secret);

        Assert.Equal(ExitCode.NotValid, await run.LineAsync("frame explain"));
        Assert.Contains("No frame at offset 0x009e: 3 bytes", run.Output, StringComparison.Ordinal);
        Assert.Contains("the next magic stands at offset 0x00a1, 3 bytes further on", run.Output, StringComparison.Ordinal);
        Assert.Contains("if the frame before had the length 3 instead of 0", run.Output, StringComparison.Ordinal);
        Assert.Contains("Frame 2 at offset 0x00a1: message, 163 bytes", run.Output, StringComparison.Ordinal);
        Assert.Contains("Frame 3 at offset 0x0144: no type, 2 bytes, not whole", run.Output, StringComparison.Ordinal);
        Assert.EndsWith("3 frames, 1 not valid, 3 bytes that are no frame\n", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("76000000", "little-endian order")]
    [InlineData("160301020001", "this is a TLS record")]
    [InlineData("474554202f20485454502f312e31", "this is HTTP")]
    [InlineData("50524f58592054435034", "PROXY protocol")]
    public async Task Bytes_of_something_else_are_recognised(string hex, string hint)
    {
        var run = new CliRun();
        Assert.Equal(ExitCode.NotValid, await run.RunAsync("frame", "explain", hex));
        Assert.Contains(hint, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_length_in_little_endian_is_recognised()
    {
        var bytes = Make("frame encode --type message --content hello");
        (bytes[4], bytes[7]) = (bytes[7], bytes[4]);
        var run = CliRun.WithInput(bytes);
        Assert.Equal(ExitCode.NotValid, await run.LineAsync("frame explain"));
        Assert.Contains("in little-endian order it would be 5", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_length_that_swallows_the_next_frame_is_recognised()
    {
        var first = Make("frame encode --type message --content hello");
        first[6] = 1;
        var run = CliRun.WithInput([.. first, .. Ping[..100]]);
        Assert.Equal(ExitCode.NotValid, await run.LineAsync("frame explain"));
        Assert.Contains("with the length 5 the next frame would start there", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_old_dump_is_old_and_not_wrong_until_somebody_says_when_it_was_sent()
    {
        var run = CliRun.WithInput(Ping).Set("HBG_SECRET", CliRun.Secret);
        run.Time.Advance(TimeSpan.FromHours(3));
        Assert.Equal(ExitCode.Success, await run.LineAsync("frame explain"));
        Assert.Contains("created is 3 h ago", run.Output, StringComparison.Ordinal);

        run.Input.Position = 0;
        Assert.Equal(ExitCode.NotValid, await run.RunAsync("frame", "explain", "--at", "2026-11-22 10:05:01"));
        run.Input.Position = 0;
        Assert.Equal(ExitCode.Success, await run.RunAsync("frame", "explain", "--at", "2026-11-22 10:05:00"));
    }

    [Theory]
    [InlineData("Ping", "types are compared byte for byte: this is an application message and no 'ping'")]
    [InlineData("ping\0x", "a NUL stands inside the type")]
    public async Task Types_that_look_like_others_are_noted(string type, string note)
    {
        var run = CliRun.WithInput(await MakeAsync("frame", "encode", "--type", type));
        Assert.Equal(ExitCode.Success, await run.LineAsync("frame explain"));
        Assert.Contains(note, run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hello", """{"clientId":"pump-17","nonce":"0123456789abcdef"}""", "ok    content: a hello of pump-17", (int)ExitCode.Success)]
    [InlineData("hello", """{"clientId":"pump-17"}""", "refuses as bad_hello: nonce is missing", (int)ExitCode.NotValid)]
    [InlineData("hello", "good morning", "an application message under the type hello", (int)ExitCode.Success)]
    [InlineData("close", """{"reason":"draining","serverTime":"2026-11-22T10:00:00Z"}""", "ok    content: what a close must hold", (int)ExitCode.Success)]
    [InlineData("close", "{}", "not the JSON that a close of the gateway holds", (int)ExitCode.Success)]
    public async Task Contents_with_a_meaning_are_looked_at(string type, string content, string expected, int code)
    {
        var run = CliRun.WithInput(await MakeAsync("frame", "encode", "--type", type, "--content", content));
        Assert.Equal((ExitCode)code, await run.LineAsync("frame explain"));
        Assert.Contains(expected, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_in_a_frame_reaches_the_terminal_as_a_control_character()
    {
        var run = CliRun.WithInput(await MakeAsync("frame", "encode", "--type", "\u001b[31mred\u202e", "--content", "\u001b]0;title\u0007"));
        await run.LineAsync("frame explain");
        await run.LineAsync("frame decode");
        Assert.DoesNotContain(run.Output, c => (char.IsControl(c) && c != '\n') || c == '\u202e');
    }

    [Fact]
    public async Task Json_tells_the_same()
    {
        byte[] input = [.. Ping, 9];
        var run = CliRun.WithInput(input).Set("HBG_SECRET", CliRun.Secret);
        Assert.Equal(ExitCode.NotValid, await run.LineAsync("frame explain --json"));

        Assert.Equal(2, run.Lines.Length);
        using var frame = JsonDocument.Parse(run.Lines[0]);
        Assert.Equal("ping", frame.RootElement.GetProperty("type").GetString());
        Assert.Equal(158, frame.RootElement.GetProperty("length").GetInt32());
        Assert.True(frame.RootElement.GetProperty("valid").GetBoolean());
        Assert.Equal(6, frame.RootElement.GetProperty("fields").GetArrayLength());
        using var stray = JsonDocument.Parse(run.Lines[1]);
        Assert.Equal("stray", stray.RootElement.GetProperty("kind").GetString());
        Assert.Equal(158, stray.RootElement.GetProperty("findings")[0].GetProperty("offset").GetInt32());
        Assert.Equal("wrong", stray.RootElement.GetProperty("findings")[0].GetProperty("severity").GetString());
    }

    [Fact]
    public async Task Decode_writes_a_line_for_each_frame_and_stops_at_the_first_wrong_one()
    {
        byte[] input = [.. Ping, .. Make("frame encode --type message --content hello"), 7, .. Ping];
        var run = CliRun.WithInput(input);

        Assert.Equal(ExitCode.NotValid, await run.LineAsync("frame decode"));
        Assert.Equal(2, run.Lines.Length);
        Assert.Equal("0x009e message created \"2026-11-22 10:00:00\" token \"gVHraQdTdPbLxggvgOnOWps5a9EsP8pqNJG5WQtwFKg\" content 5 bytes: \"hello\"", run.Lines[1]);
        Assert.StartsWith("hbg: at offset 0x0141, magic: ", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("frame explain --file /no/such/file", (int)ExitCode.File, "'/no/such/file' cannot be read")]
    [InlineData("frame explain --file / ", (int)ExitCode.File, "cannot be read")]
    [InlineData("frame explain 00 --file x", (int)ExitCode.Usage, "not both")]
    [InlineData("frame explain --max-content -1 00", (int)ExitCode.Usage, "--max-content is -1")]
    [InlineData("frame explain --time-zone Mars 00", (int)ExitCode.Usage, "--time-zone: 'Mars' is neither")]
    [InlineData("frame explain --secret short 00", (int)ExitCode.Usage, "shorter than 16 bytes")]
    [InlineData("frame explain --secret-file /no/such/file 00", (int)ExitCode.File, "--secret-file")]
    [InlineData("frame explain --at yesterday 00", (int)ExitCode.Usage, "--at is 'yesterday', but must be a date")]
    [InlineData("frame explain 0", (int)ExitCode.NotValid, "half a byte is missing")]
    [InlineData("frame explain", (int)ExitCode.NotValid, "There are no bytes in the input.")]
    public async Task What_cannot_be_read_is_told(string line, int code, string error)
    {
        var run = new CliRun();
        Assert.Equal((ExitCode)code, await run.LineAsync(line));
        Assert.Contains(error, run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_bytes_at_all_can_be_explained() =>
        Gen.Select(Gen.Byte.Array[0, 40], Gen.Int[0, 200], Gen.Byte, Gen.Int[0, 320]).Sample((tail, at, value, cut) =>
        {
            byte[] input = [.. Ping, .. Ping, .. tail];
            input[at % input.Length] = value;
            input = input[..Math.Min(input.Length, cut)];
            var settings = new ExplainSettings { Now = 1_795_341_600, Tokens = TestTokens.Settings() };
            var parts = FrameExplainer.Explain(input, settings);
            // Every byte is in exactly one part, and every finding points at a byte or at the end.
            return parts.Sum(p => p.Length) == input.Length
                && parts.All(p => p.Length > 0 && p.Findings.All(f => f.Offset is null || (f.Offset >= p.Offset && f.Offset <= input.Length)));
        });

    private static byte[] Make(string line)
    {
        var run = new CliRun().Set("HBG_SECRET", CliRun.Secret);
        Assert.Equal(ExitCode.Success, run.LineAsync(line).GetAwaiter().GetResult());
        return Convert.FromHexString(run.Output.Trim());
    }

    private static async Task<byte[]> MakeAsync(params string[] arguments)
    {
        var run = new CliRun().Set("HBG_SECRET", CliRun.Secret);
        Assert.Equal(ExitCode.Success, await run.RunAsync(arguments));
        return Convert.FromHexString(run.Output.Trim());
    }
}
