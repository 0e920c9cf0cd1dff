// a2a-go v2: both bindings of 1.0, and of 0.3 by its compatibility transports.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/a2aproject/a2a-go/v2/a2aclient"
	"github.com/a2aproject/a2a-go/v2/a2aclient/agentcard"
	"github.com/a2aproject/a2a-go/v2/a2acompat/a2av0"
)

type stand struct {
	Agents  map[string]string `json:"agents"`
	Webhook string            `json:"webhook"`
}

type face struct {
	version a2a.ProtocolVersion
	binding a2a.TransportProtocol
}

var faces = []face{
	{"1.0", a2a.TransportProtocolJSONRPC},
	{"1.0", a2a.TransportProtocolHTTPJSON},
	{"0.3", a2a.TransportProtocolJSONRPC},
	{"0.3", a2a.TransportProtocolHTTPJSON},
}

// A client of one of the interfaces that an agent's card names.
func connect(ctx context.Context, agent string, wanted face) (*a2aclient.Client, error) {
	card, err := agentcard.DefaultResolver.Resolve(ctx, agent)
	if err != nil {
		return nil, err
	}
	for _, offered := range card.SupportedInterfaces {
		if offered.ProtocolVersion == wanted.version && offered.ProtocolBinding == wanted.binding {
			card.SupportedInterfaces = []*a2a.AgentInterface{offered}
			return a2aclient.NewFromCard(
				ctx,
				card,
				a2aclient.WithCompatTransport("0.3", a2a.TransportProtocolJSONRPC, a2av0.NewJSONRPCTransportFactory(a2av0.JSONRPCTransportConfig{})),
				a2aclient.WithCompatTransport("0.3", a2a.TransportProtocolHTTPJSON, a2av0.NewRESTTransportFactory(a2av0.RESTTransportConfig{})),
			)
		}
	}
	return nil, fmt.Errorf("the card names no interface %v", wanted)
}

func message(text string) *a2a.SendMessageRequest {
	return &a2a.SendMessageRequest{Message: a2a.NewMessage(a2a.MessageRoleUser, a2a.NewTextPart(text))}
}

// What a stream tells: how many tasks, and its last state.
func follow(events func(func(a2a.Event, error) bool)) (tasks int, state a2a.TaskState, err error) {
	for event, failed := range events {
		if failed != nil {
			return tasks, state, failed
		}
		switch said := event.(type) {
		case *a2a.Task:
			tasks++
			state = said.Status.State
		case *a2a.TaskStatusUpdateEvent:
			state = said.Status.State
		}
	}
	return tasks, state, nil
}

func begin(ctx context.Context, client *a2aclient.Client) (a2a.TaskID, error) {
	for event, err := range client.SendStreamingMessage(ctx, message("wait 1500")) {
		if err != nil {
			return "", err
		}
		return event.TaskInfo().TaskID, nil
	}
	return "", errors.New("the stream told nothing")
}

func expect(holds bool, told string, values ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf(told, values...)
}

type check struct {
	name string
	run  func(context.Context, *a2aclient.Client, face) error
}

var at stand

var checks = []check{
	{"a message is answered", func(ctx context.Context, client *a2aclient.Client, _ face) error {
		answer, err := client.SendMessage(ctx, message("text"))
		if err != nil {
			return err
		}
		task, isTask := answer.(*a2a.Task)
		return expect(isTask && task.Status.State == a2a.TaskStateCompleted, "answered %v", answer)
	}},
	{"a stream ends as its task does", func(ctx context.Context, client *a2aclient.Client, _ face) error {
		tasks, state, err := follow(client.SendStreamingMessage(ctx, message("count 3")))
		if err != nil {
			return err
		}
		return expect(tasks == 1 && state == a2a.TaskStateCompleted, "%d tasks, %s", tasks, state)
	}},
	{"a subscription begins with the task once", func(ctx context.Context, client *a2aclient.Client, _ face) error {
		id, err := begin(ctx, client)
		if err != nil {
			return err
		}
		tasks, state, err := follow(client.SubscribeToTask(ctx, &a2a.SubscribeToTaskRequest{ID: id}))
		if err != nil {
			return err
		}
		return expect(tasks == 1 && state == a2a.TaskStateCompleted, "%d tasks, %s", tasks, state)
	}},
	{"errors have their names", func(ctx context.Context, client *a2aclient.Client, on face) error {
		// That transport reads error bodies of 1.0 alone, which 0.3 does not have.
		if on == (face{"0.3", a2a.TransportProtocolHTTPJSON}) {
			_, err := client.GetTask(ctx, &a2a.GetTaskRequest{ID: "nope"})
			return expect(err != nil, "a task that there is not was found")
		}
		if _, err := client.GetTask(ctx, &a2a.GetTaskRequest{ID: "nope"}); !errors.Is(err, a2a.ErrTaskNotFound) {
			return fmt.Errorf("a task that there is not: %v", err)
		}
		answer, err := client.SendMessage(ctx, message("text"))
		if err != nil {
			return err
		}
		_, err = client.CancelTask(ctx, &a2a.CancelTaskRequest{ID: answer.TaskInfo().TaskID})
		return expect(errors.Is(err, a2a.ErrTaskNotCancelable), "a task that is over: %v", err)
	}},
	{"push configs are made and deleted", func(ctx context.Context, client *a2aclient.Client, _ face) error {
		id, err := begin(ctx, client)
		if err != nil {
			return err
		}
		made, err := client.CreateTaskPushConfig(ctx, &a2a.PushConfig{TaskID: id, ID: "mine", URL: at.Webhook})
		if err != nil {
			return err
		}
		if made.URL != at.Webhook {
			return fmt.Errorf("made %v", made)
		}
		return client.DeleteTaskPushConfig(ctx, &a2a.DeleteTaskPushConfigRequest{TaskID: id, ID: "mine"})
	}},
}

func everywhere(run func(context.Context, *a2aclient.Client, face) error) error {
	for _, agent := range []string{"both", "legacy"} {
		for _, each := range faces {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			client, err := connect(ctx, at.Agents[agent], each)
			if err == nil {
				err = run(ctx, client, each)
			}
			cancel()
			if err != nil {
				return fmt.Errorf("%s, %s %s: %w", agent, each.version, each.binding, err)
			}
		}
	}
	return nil
}

func main() {
	if err := json.Unmarshal([]byte(os.Getenv("INTEROP_STAND")), &at); err != nil {
		panic(err)
	}
	for _, each := range checks {
		line := map[string]any{"check": each.name, "ok": true}
		if err := everywhere(each.run); err != nil {
			line["ok"], line["error"] = false, err.Error()
		}
		text, _ := json.Marshal(line)
		fmt.Println(string(text))
	}
}
