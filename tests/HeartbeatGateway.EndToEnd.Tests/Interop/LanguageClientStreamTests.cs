using System.Text;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.EndToEnd.Tests.Interop;

/// <summary>
/// Tests of the clients in docs/clients.md with a scripted gateway that splits, joins and forges frames, sends wrong data and stops answering.
/// </summary>
public sealed class LanguageClientStreamTests(ClientBuilds builds)
{
    public static TheoryData<string> Languages => [.. ClientBuilds.Languages];

    [Theory, MemberData(nameof(Languages))]
    public async Task It_reads_split_and_joined_frames_prints_pushed_messages_and_does_not_answer_pings(string language)
    {
        using var gateway = new ScriptedGateway();
        await using var client = LanguageClient.Start(await builds.CommandAsync(language), gateway.Port, heartbeatSeconds: 60);
        var (connection, _, _) = await gateway.AcceptAsync();
        using var disposed = connection;
        foreach (var piece in ScriptedConnection.Welcome(60)) await connection.SendAsync(new[] { piece });
        await client.SawAsync("welcome session=a-session");

        var large = new string('x', 100_000);
        byte[] glued =
        [
            .. ScriptedConnection.Encode("ping", []),
            .. ScriptedConnection.Encode("alarm", "überdruck\nclosed for good"u8.ToArray()),
            .. ScriptedConnection.Encode("config", Encoding.UTF8.GetBytes(large)),
            .. ScriptedConnection.Encode("ping", []),
            .. ScriptedConnection.Encode("last", []),
        ];
        await connection.SendAsync(glued.AsMemory(0, 200));
        await connection.SendAsync(glued.AsMemory(200));
        await client.SawAsync("message type=last text=");

        // A line break in a message must not forge an event.
        Assert.Contains("message type=alarm text=überdruck?closed for good", client.Lines);
        Assert.Contains($"message type=config text={large}", client.Lines);
        Assert.Equal(2, client.Lines.Count(line => line == "pong-received"));
        await Assert.ThrowsAsync<TimeoutException>(() => connection.ReadAsync(within: TimeSpan.FromSeconds(1)));
    }

    [Theory, MemberData(nameof(Languages))]
    public async Task It_rejects_frames_that_the_gateway_did_not_sign(string language)
    {
        var command = await builds.CommandAsync(language);
        var forGood = new ClosePayload { Reason = CloseReason.Banned, Retry = false, ServerTime = TimeProvider.System.GetUtcNow() }.ToJson();
        var genuine = ScriptedConnection.Encode("close", forGood);
        await Task.WhenAll(
            // Signed with the client role: a reflected or guessed frame.
            RefusesAsync(ScriptedConnection.Encode(TestSecrets.ClientKeyring().Keys[0].Bare, "close", forGood), "token does not verify"),
            RefusesAsync(Changed(genuine, FrameFormat.HeaderLength + 3), "token does not verify"),
            RefusesAsync(Changed(genuine, FrameFormat.TokenOffset + 42), "token does not verify"),
            RefusesAsync(Changed(genuine, FrameFormat.TokenOffset + 43), "token does not verify"),
            RefusesAsync(Changed(genuine, 3), "no frame where one must start"),
            RefusesAsync([0, 0, 0, 0x76, 0x7F, 0xFF, 0xFF, 0xFF, .. new byte[150]], "no frame where one must start"),
            RefusesAsync([0, 0, 0, 0x76, 0xFF, 0xFF, 0xFF, 0xFF, .. new byte[150]], "no frame where one must start"));

        async Task RefusesAsync(byte[] bytes, string because)
        {
            using var gateway = new ScriptedGateway();
            await using var client = LanguageClient.Start(command, gateway.Port, heartbeatSeconds: 60);
            using (var connection = (await gateway.AcceptAsync()).Connection)
            {
                await connection.SendAsync(bytes);
                Assert.EndsWith(because, await client.EventAsync("closed "), StringComparison.Ordinal);
            }

            // The client reconnects, whatever the rejected frame contained.
            using var next = (await gateway.AcceptAsync()).Connection;
            Assert.DoesNotContain(client.Lines, line => line.StartsWith("close ", StringComparison.Ordinal));
        }

        static byte[] Changed(byte[] frame, int index)
        {
            var changed = frame.ToArray();
            changed[index] ^= 0x41;
            return changed;
        }
    }

    [Theory, MemberData(nameof(Languages))]
    public async Task It_waits_for_its_reconnect_slot_and_corrects_its_clock_only_from_a_reply_to_its_own_hello(string language)
    {
        using var gateway = new ScriptedGateway();
        await using var client = LanguageClient.Start(await builds.CommandAsync(language), gateway.Port);
        var (connection, first, token) = await gateway.AcceptAsync();
        using (connection)
        {
            await connection.SendAsync(ScriptedConnection.Encode("close", Expired(inReplyTo: new string('A', token.Length), afterMs: 321)));
            Assert.Null(await connection.ReadAsync());
        }

        await client.SawAsync("waiting ms=321");
        (connection, var second, token) = await gateway.AcceptAsync();
        using (connection)
        {
            Assert.DoesNotContain(client.Lines, line => line.StartsWith("clock-corrected", StringComparison.Ordinal));
            Assert.Equal(first.Instance, second.Instance);
            Assert.Equal(first.Attempt + 1, second.Attempt);
            Assert.NotEqual(first.Nonce, second.Nonce);
            // The same frame, but in reply to the hello that the client has just sent.
            await connection.SendAsync(ScriptedConnection.Encode("close", Expired(token, afterMs: 0)));
            Assert.Null(await connection.ReadAsync());
        }

        Assert.InRange(int.Parse(LanguageClient.Field(await client.EventAsync("clock-corrected "), "by"), System.Globalization.CultureInfo.InvariantCulture), 55, 65);

        static byte[] Expired(string inReplyTo, int afterMs) => new ClosePayload
        {
            Reason = CloseReason.TokenExpired,
            Retry = true,
            After = TimeSpan.FromMilliseconds(afterMs),
            ServerTime = TimeProvider.System.GetUtcNow().AddMinutes(1),
            InReplyTo = inReplyTo,
        }.ToJson();
    }

    [Theory, MemberData(nameof(Languages))]
    public async Task It_closes_the_connection_when_the_gateway_does_not_answer_its_ping(string language)
    {
        using var gateway = new ScriptedGateway();
        var command = await builds.CommandAsync(language);
        var began = TimeProvider.System.GetTimestamp();
        await using var client = LanguageClient.Start(command, gateway.Port, heartbeatSeconds: 60);
        var (connection, _, _) = await gateway.AcceptAsync();
        using (connection)
        {
            // Less than the client requested: the granted interval applies, counted from the client's last write, which is its hello.
            var granted = TimeProvider.System.GetTimestamp();
            await connection.SendAsync(ScriptedConnection.Welcome(1.5));
            Assert.Equal("ping", (await connection.ReadAsync())?.Type);
            Assert.True(TimeProvider.System.GetElapsedTime(began) >= TimeSpan.FromSeconds(1.5));
            await client.SawAsync("closed nothing was read");
            Assert.True(TimeProvider.System.GetElapsedTime(granted) >= TimeSpan.FromSeconds(3));
        }

        (connection, var hello, _) = await gateway.AcceptAsync();
        using var next = connection;
        Assert.Equal("a-session", hello.Resume);
    }
}
