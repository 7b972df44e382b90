using System.Buffers;
using HeartbeatGateway.Protocol.Frames;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Million;

/// <summary>
/// Answers every 158 bytes with the same 158 bytes and keeps nothing. It measures the cost of connection, transport and driver without a
/// gateway.
/// </summary>
internal sealed class BareHandler : ConnectionHandler
{
    private static readonly byte[] Pong = MakePong();

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        while (true)
        {
            var read = await input.ReadAsync();
            var frames = read.Buffer.Length / FrameFormat.HeaderLength;
            for (var i = 0; i < frames; i++) output.Write(Pong);
            input.AdvanceTo(read.Buffer.GetPosition(frames * FrameFormat.HeaderLength), read.Buffer.End);
            if (read.IsCompleted || (frames > 0 && (await output.FlushAsync()).IsCompleted)) return;
        }
    }

    private static byte[] MakePong()
    {
        var pong = new byte[FrameFormat.HeaderLength];
        FrameWriter.WriteHeader(pong, FrameKinds.Ping, 0, default);
        return pong;
    }
}
