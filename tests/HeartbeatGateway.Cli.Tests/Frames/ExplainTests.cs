using System.Text.Json;
using CsCheck;
using HeartbeatGateway.Cli.Frames;

namespace HeartbeatGateway.Cli.Tests.Frames;

public sealed class ExplainTests
{
    private static readonly byte[] Ping = Make("frame encode");

    [Fact]
    public async Task Shows_each_field_of_a_valid_frame()
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
              ok    created: now, time zone UTC
              ok    token: verifies: key k1, client to gateway

            1 frame, valid

            """.ReplaceLineEndings("\n"),
            run.Output);
        Assert.Empty(run.Errors);
    }

    [Fact]
    public async Task Shows_only_the_form_of_the_token_when_no_secret_is_given()
    {
        var run = CliRun.WithInput(Ping);
        Assert.Equal(ExitCode.Success, await run.LineAsync("frame explain"));
        Assert.Contains("note  token: not verified, because no secret is given; 43 characters, the form of hmac-sha256", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0x01, 0x0000, "magic", "byte 0x0000 is 01 instead of 00")]
    [InlineData(3, 0x77, 0x0003, "magic", "byte 0x0003 is 77 instead of 76")]
    [InlineData(4, 0xFF, 0x0004, "length", "the length -16777216 is negative")]
    [InlineData(4, 0x01, 0x0004, "length", "the length 16777216 is above the limit of 65536 bytes")]
    [InlineData(7, 0x05, 0x009e, "length", "the length declares 5 bytes of content, but 0 are present: 5 are missing")]
    [InlineData(9, 0xF0, 0x0009, "type", "the type is not UTF-8: byte f0 is not valid here")]
    [InlineData(58, 0x2B, 0x003a, "token", "'+' is not a character of base64url")]
    [InlineData(60, 0x00, 0x003c, "token", "'\\u0000' is not a character of base64url")]
    [InlineData(108 + 4, 0x2F, 0x0070, "created", "character 5 is '/' instead of '-'")]
    [InlineData(108 + 5, 0x32, 0x0071, "created", "month 21 does not exist")]
    [InlineData(108 + 8, 0x33, 0x0074, "created", "day 32 does not exist in month 11 of 2026")]
    [InlineData(108 + 14, 0x36, 0x007a, "created", "minute 60 does not exist")]
    [InlineData(108 + 18, 0x00, 0x007e, "created", "ends after 18 characters")]
    public async Task Marks_the_first_wrong_byte(int at, int value, int wrong, string check, string text)
    {
        var bytes = Ping.ToArray();
        bytes[at] = (byte)value;
        var run = CliRun.WithInput(bytes).Set("HBG_SECRET", CliRun.Secret);

        Assert.Equal(ExitCode.NotValid, await run.LineAsync("frame explain"));
        var first = Array.FindIndex(run.Lines, l => l.StartsWith("  WRONG", StringComparison.Ordinal));
        Assert.StartsWith($"  WRONG {check} at 0x{wrong:x4}: ", run.Lines[first], StringComparison.Ordinal);
        Assert.Contains(text, run.Lines[first], StringComparison.Ordinal);
        // The caret is under the byte: the columns are the offset, two blanks, then three characters per byte.
        Assert.StartsWith($"        {wrong / 16 * 16:x4}  ", run.Lines[first + 1], StringComparison.Ordinal);
        Assert.Equal(14 + (wrong % 16 * 3), run.Lines[first + 2].IndexOf('^', StringComparison.Ordinal));
    }

    [Fact]
    public async Task Shows_several_frames_and_the_stray_bytes_between_and_after_them()
    {
        byte[] input = [.. Ping, 1, 2, 3, .. Make("frame encode --type message --content hello"), 0, 0];
        var run = CliRun.WithInput(input).Set("HBG_SECRET", CliRun.Secret);

        Assert.Equal(ExitCode.NotValid, await run.LineAsync("frame explain"));
        Assert.Contains("Not a frame at offset 0x009e: 3 bytes", run.Output, StringComparison.Ordinal);
        Assert.Contains("the next magic is at offset 0x00a1, 3 bytes further on", run.Output, StringComparison.Ordinal);
        Assert.Contains("with the length 3 instead of 0 in the frame before", run.Output, StringComparison.Ordinal);
        Assert.Contains("Frame 2 at offset 0x00a1: message, 163 bytes", run.Output, StringComparison.Ordinal);
        Assert.Contains("Frame 3 at offset 0x0144: no type, 2 bytes, incomplete", run.Output, StringComparison.Ordinal);
        Assert.EndsWith("3 frames, 1 not valid, 3 stray bytes\n", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("76000000", "little-endian order")]
    [InlineData("160301020001", "this is a TLS record")]
    [InlineData("474554202f20485454502f312e31", "this is HTTP")]
    [InlineData("50524f58592054435034", "PROXY protocol")]
    public async Task Recognises_the_bytes_of_other_protocols(string hex, string hint)
    {
        var run = new CliRun();
        Assert.Equal(ExitCode.NotValid, await run.RunAsync("frame", "explain", hex));
        Assert.Contains(hint, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recognises_a_length_in_little_endian_order()
    {
        var bytes = Make("frame encode --type message --content hello");
        (bytes[4], bytes[7]) = (bytes[7], bytes[4]);
        var run = CliRun.WithInput(bytes);
        Assert.Equal(ExitCode.NotValid, await run.LineAsync("frame explain"));
        Assert.Contains("in little-endian order it would be 5", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recognises_a_length_that_includes_the_next_frame()
    {
        var first = Make("frame encode --type message --content hello");
        first[6] = 1;
        var run = CliRun.WithInput([.. first, .. Ping[..100]]);
        Assert.Equal(ExitCode.NotValid, await run.LineAsync("frame explain"));
        Assert.Contains("with the length 5 the next frame would start there", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reports_the_age_of_a_frame_as_an_error_only_with_the_option_at()
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
    [InlineData("Ping", "types are compared byte for byte: this is an application message, not a 'ping'")]
    [InlineData("ping\0x", "the type contains a NUL")]
    public async Task Notes_a_type_that_resembles_a_protocol_type(string type, string note)
    {
        var run = CliRun.WithInput(await MakeAsync("frame", "encode", "--type", type));
        Assert.Equal(ExitCode.Success, await run.LineAsync("frame explain"));
        Assert.Contains(note, run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hello", """{"clientId":"pump-17","nonce":"0123456789abcdef"}""", "ok    content: a hello of pump-17", (int)ExitCode.Success)]
    [InlineData("hello", """{"clientId":"pump-17"}""", "the gateway refuses this hello as bad_hello: nonce is missing", (int)ExitCode.NotValid)]
    [InlineData("hello", "good morning", "an application message with the type hello", (int)ExitCode.Success)]
    [InlineData("close", """{"reason":"draining","serverTime":"2026-11-22T10:00:00Z"}""", "ok    content: valid content of a close", (int)ExitCode.Success)]
    [InlineData("close", "{}", "not the JSON of a close from the gateway", (int)ExitCode.Success)]
    public async Task Checks_the_content_of_protocol_types(string type, string content, string expected, int code)
    {
        var run = CliRun.WithInput(await MakeAsync("frame", "encode", "--type", type, "--content", content));
        Assert.Equal((ExitCode)code, await run.LineAsync("frame explain"));
        Assert.Contains(expected, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writes_no_control_character_of_a_frame_to_the_terminal()
    {
        var run = CliRun.WithInput(await MakeAsync("frame", "encode", "--type", "\u001b[31mred\u202e", "--content", "\u001b]0;title\u0007"));
        await run.LineAsync("frame explain");
        await run.LineAsync("frame decode");
        Assert.DoesNotContain(run.Output, c => (char.IsControl(c) && c != '\n') || c == '\u202e');
    }

    [Fact]
    public async Task Json_contains_the_same_result()
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
    public async Task Decode_writes_one_line_per_frame_and_stops_at_the_first_wrong_one()
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
    [InlineData("frame explain --at yesterday 00", (int)ExitCode.Usage, "--at is 'yesterday', but must be a valid date")]
    [InlineData("frame explain 0", (int)ExitCode.NotValid, "the last byte is incomplete")]
    [InlineData("frame explain", (int)ExitCode.NotValid, "There are no bytes in the input.")]
    public async Task Reports_input_that_it_cannot_read(string line, int code, string error)
    {
        var run = new CliRun();
        Assert.Equal((ExitCode)code, await run.LineAsync(line));
        Assert.Contains(error, run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Explains_arbitrary_bytes() =>
        Gen.Select(Gen.Byte.Array[0, 40], Gen.Int[0, 200], Gen.Byte, Gen.Int[0, 320]).Sample((tail, at, value, cut) =>
        {
            byte[] input = [.. Ping, .. Ping, .. tail];
            input[at % input.Length] = value;
            input = input[..Math.Min(input.Length, cut)];
            var settings = new ExplainSettings { Now = 1_795_341_600, Tokens = TestTokens.Settings() };
            var parts = FrameExplainer.Explain(input, settings);
            // Every byte is in exactly one part, and every finding has an offset in the input or at its end.
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
